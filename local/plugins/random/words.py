"""Words for pet names."""

_ADJECTIVES = """
able amber ample azure bold brave breezy bright brisk calm candid cheery civil clever cosy crisp curious daring deft
eager early easy even fair fast fine fleet fond fresh gentle glad golden grand happy hardy honest humble jolly keen
kind large light lively loyal lucid lucky mellow merry mild modest neat nimble noble patient plain polite prime
proper proud quick quiet rapid ready robust rosy sharp shiny simple sleek smart smooth snug solid sound spry steady
still stout strong sturdy subtle sunny sure swift tender tidy true trusty vast vivid warm wise witty young zesty
"""

_ANIMALS = """
adder alpaca badger bat bear beaver bee bison boar bobcat buck bull camel carp cat clam cobra cod condor cow crab
crane cricket crow deer dingo dog dolphin donkey dove drake duck eagle eel elk emu ewe falcon ferret finch fish fly
fowl fox frog gecko gibbon gnat goat goose gopher grouse gull hare hawk hen heron horse hound ibex iguana imp jackal
jay kid kite kiwi lamb lark lemur lion lizard llama lobster lynx magpie mako mantis marmot marten mink mole moose
moth mouse mule newt ocelot octopus orca otter owl ox oyster panda parrot pelican perch pig pika piglet pony puma
quail rabbit ram raven ray robin rooster salmon seal shad shark sheep shrew skink sloth snail snipe sole spider squid
stag stork sturgeon swan swift tapir teal tern tiger toad trout turtle viper vole walrus wasp weasel whale wolf
wombat worm wren yak zebra
"""

ADJECTIVES, ANIMALS = _ADJECTIVES.split(), _ANIMALS.split()
