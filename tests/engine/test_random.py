"""Random values under the real engine."""

import json

from tests.engine.project import Project


def test_values_are_made_once_and_made_anew_when_their_keepers_change(bare_project: Project) -> None:
    program = """
        made = random.RandomPassword("made", length=20, keepers={{"turn": "{turn}"}})
        pulumi.export("made", made.result)
        pulumi.export("hash", made.bcrypt_hash)
        pulumi.export("pet", random.RandomPet("pet").id)
        pulumi.export("number", random.RandomInteger("number", min=5, max=5).result)
        pulumi.export("text", random.RandomString("text", length=9, special=False, upper=False).result)
        pulumi.export("uuid", random.RandomUuid("uuid").result)
        pulumi.export("bytes", random.RandomBytes("bytes", length=8).base64)
        pulumi.export("id", random.RandomId("id", byte_length=4, prefix="x-").hex)
        pulumi.export("order", random.RandomShuffle("order", inputs=["a", "b"], seed="s").results)
    """
    bare_project.write(program.format(turn=1))
    assert "[unknown]" in bare_project.preview().text
    bare_project.up()
    first = bare_project.outputs()
    assert len(first["made"]) == 20 and first["hash"].startswith("$2b$10$")
    assert first["number"] == 5 and len(first["text"]) == 9 and first["text"].islower() | first["text"].isdigit()
    assert first["id"].startswith("x-") and sorted(first["order"]) == ["a", "b"]
    assert bare_project.up().changes == {"unchanged": 9}
    assert bare_project.refresh().changes == {"unchanged": 9}
    assert bare_project.outputs() == first

    bare_project.write(program.format(turn=2))
    assert bare_project.up().changes["replaced"] == 1
    second = bare_project.outputs()
    assert second["made"] != first["made"] and second["pet"] == first["pet"]
    bare_project.destroy()


def test_a_password_is_nowhere_in_the_state_or_the_output(bare_project: Project) -> None:
    bare_project.write("""
        made = random.RandomPassword("made", length=20)
        pulumi.export("made", made.result)
    """)
    printed = bare_project.up().text
    password = bare_project.outputs()["made"]
    assert password not in printed
    assert password not in json.dumps(bare_project.state())


def test_an_unknown_or_impossible_input_is_refused_by_name(bare_project: Project) -> None:
    bare_project.write("""
        class Odd(pulumi.CustomResource):
            def __init__(self, name, **inputs):
                options = pulumi.ResourceOptions(version="4.21.4")
                super().__init__("random:index/randomPet:RandomPet", name, inputs, options)
        Odd("odd", lenght=3)
    """)
    said = bare_project.refused("preview")
    assert "lenght" in said and "is no field here; did you mean length?" in said
    bare_project.write('random.RandomPassword("short", length=3, min_lower=2, min_upper=2)')
    assert "length" in bare_project.refused("preview")
