"""Scalars of a stack file: what is taken, and what is refused."""

import pytest
from pydantic import TypeAdapter, ValidationError

from components.types import Schedule


@pytest.mark.parametrize(
    "schedule",
    ["0 3 * * *", "*/15 * * * *", "17 0-6/2 1,15 * mon-fri", "0 0 1 JAN ?", "00 04 * * 0", "5/10 * * * 6"],
)
def test_what_a_cron_job_takes_is_a_schedule(schedule: str):
    assert TypeAdapter(Schedule).validate_python(schedule) == schedule


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("* * * *", "write five cron fields"),
        ("@daily", "write five cron fields"),
        ("a b c d e", "`a` is no minute; write \\* or 0 to 59, alone"),
        ("60 * * * *", "`60` is no minute"),
        ("0 24 * * *", "`24` is no hour; write \\* or 0 to 23"),
        ("0 0 0 * *", "`0` is no day of the month; write \\* or 1 to 31"),
        ("0 0 * mai *", "`mai` is no month; write \\* or 1 to 12 or jan, feb, "),
        ("0 0 * * 7", "`7` is no day of the week; write \\* or 0 to 6 or sun, mon, "),
        ("*/0 * * * *", "`\\*/0` is no minute"),
        ("30-10 * * * *", "`30-10` is no minute"),
        ("1,,2 * * * *", "`1,,2` is no minute"),
        ("*5 * * * *", "`\\*5` is no minute"),
    ],
)
def test_what_no_cron_job_takes_is_refused_with_the_field_and_what_it_takes(schedule: str, told: str):
    with pytest.raises(ValidationError, match=told):
        TypeAdapter(Schedule).validate_python(schedule)
