"""Which images a stack is built with."""

from local import images
from local.environment import sections
from stacks.environment import Environment


def test_an_image_of_a_layer_that_is_off_is_left_out():
    assert "kafka" in images.needed({"eventLog"}) and "kafka" not in images.needed({"tracking"})
    assert {"mlflow", "postgres"} <= set(images.needed(set()))


def test_the_stack_of_this_machine_runs_every_image_that_can_be_built_here_but_those_of_the_front_door():
    assert images.needed({*sections("local"), "frontDoor"}) == list(images.NAMES)
    assert set(images.NAMES) - set(images.needed(sections("local"))) == {"oauth2-proxy"}


def test_layers_and_images_are_called_as_the_stack_file_and_the_catalogue_call_them():
    known = {field.alias or name for name, field in Environment.model_fields.items()}
    assert images._OF_LAYERS.keys() <= known
    assert set[str]().union(*images._OF_LAYERS.values()) <= set(images.NAMES)
