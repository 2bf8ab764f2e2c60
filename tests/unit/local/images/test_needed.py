"""Which images a stack is built with."""

from local import images
from local.environment import sections
from stacks.environment import Environment


def test_an_image_of_a_layer_that_is_off_is_left_out():
    assert "kafka" in images.needed({"eventLog"}) and "kafka" not in images.needed({"tracking"})
    assert {"mlflow", "postgres"} <= set(images.needed(set()))


def test_the_stack_of_this_machine_runs_every_image_that_can_be_built_here_but_those_of_what_it_has_not():
    elsewhere = set[str]().union(*(images._OF_LAYERS[one] for one in ("database.operator", "certManager", "frontDoor")))
    assert images.needed(sections("local")) == [name for name in images.NAMES if name not in elsewhere]


def test_images_of_one_kind_of_a_layer_are_needed_where_the_layer_is_of_that_kind():
    assert "cloudnative-pg" in images.needed(sections("onprem"))
    assert "cloudnative-pg" not in images.needed({"database"})


def test_layers_and_images_are_called_as_the_stack_file_and_the_catalogue_call_them():
    known = {field.alias or name for name, field in Environment.model_fields.items()}
    assert {layer.partition(".")[0] for layer in images._OF_LAYERS} <= known
    assert set[str]().union(*images._OF_LAYERS.values()) <= set(images.NAMES)
