"""The words that five people would use for the same things."""

from __future__ import annotations

from typing import NamedTuple

from captioner.data.scenes.kinds import Zone

# (one, several), the usual word first: it is chosen more often.
NOUNS: dict[str, tuple[tuple[str, str], ...]] = {
    "cow": (("cow", "cows"), ("farm animal", "farm animals")),
    "horse": (("horse", "horses"), ("pony", "ponies")),
    "sheep": (("sheep", "sheep"), ("woolly sheep", "woolly sheep")),
    "dog": (("dog", "dogs"), ("dog with a collar", "dogs with collars")),
    "cat": (("cat", "cats"), ("kitty", "kitties")),
    "rabbit": (("rabbit", "rabbits"), ("bunny", "bunnies")),
    "bird": (("bird", "birds"),),
    "duck": (("duck", "ducks"),),
    "penguin": (("penguin", "penguins"), ("black and white penguin", "black and white penguins")),
    "car": (("car", "cars"), ("automobile", "automobiles")),
    "bus": (("bus", "buses"), ("city bus", "city buses")),
    "bicycle": (("bicycle", "bicycles"), ("bike", "bikes")),
    "tractor": (("tractor", "tractors"), ("farm tractor", "farm tractors")),
    "boat": (("boat", "boats"), ("sailboat", "sailboats")),
    "plane": (("plane", "planes"), ("airplane", "airplanes")),
    "rocket": (("rocket", "rockets"), ("spaceship", "spaceships")),
    "balloon": (("balloon", "balloons"), ("hot air balloon", "hot air balloons")),
    "house": (("house", "houses"), ("cottage", "cottages")),
    "lighthouse": (("lighthouse", "lighthouses"), ("striped tower", "striped towers")),
    "tent": (("tent", "tents"), ("camping tent", "camping tents")),
    "tree": (("tree", "trees"), ("leafy tree", "leafy trees")),
    "palm": (("palm tree", "palm trees"), ("palm", "palms")),
    "pine": (("pine tree", "pine trees"), ("fir tree", "fir trees")),
    "flower": (("flower", "flowers"), ("blossom", "blossoms")),
    "plant": (("potted plant", "potted plants"), ("plant", "plants")),
    "cloud": (("cloud", "clouds"), ("white cloud", "white clouds")),
    "sun": (("sun", "suns"), ("bright sun", "bright suns")),
    "rainbow": (("rainbow", "rainbows"), ("colorful rainbow", "colorful rainbows")),
    "moon": (("moon", "moons"), ("crescent moon", "crescent moons")),
    "star": (("star", "stars"),),
    "planet": (("planet", "planets"), ("planet with a ring", "planets with rings")),
    "ball": (("ball", "balls"),),
    "cube": (("cube", "cubes"), ("block", "blocks"), ("box", "boxes")),
    "kite": (("kite", "kites"),),
    "umbrella": (("umbrella", "umbrellas"), ("parasol", "parasols")),
    "snowman": (("snowman", "snowmen"), ("snowman with a hat", "snowmen with hats")),
    "chair": (("chair", "chairs"), ("wooden chair", "wooden chairs")),
    "table": (("table", "tables"), ("wooden table", "wooden tables")),
    "lamp": (("lamp", "lamps"), ("floor lamp", "floor lamps")),
    "clock": (("clock", "clocks"), ("wall clock", "wall clocks")),
}

SIZE_WORDS: dict[str, tuple[str, ...]] = {
    "small": ("small", "little", "tiny"),
    "medium": (),
    "large": ("large", "big", "huge"),
}

COUNT_WORDS: dict[int, tuple[str, ...]] = {
    2: ("two", "two", "a pair of", "a couple of"),
    3: ("three", "three", "a group of", "several", "some", "a few"),
    4: ("four", "four", "a group of", "several", "some", "a few"),
}


class Verb(NamedTuple):
    """What things do, in three forms: "standing", "stands", "stand".

    It is true of every picture of a kind, since it follows from how the kind is drawn and where.
    """

    participle: str
    singular: str
    plural: str


def _regular(participle: str, plural: str) -> Verb:
    return Verb(participle, f"{plural}s", plural)


def _passive(participle: str) -> Verb:
    return Verb(participle, f"is {participle}", f"are {participle}")


_STAND = _regular("standing", "stand")
_SIT = _regular("sitting", "sit")
_REST = _regular("resting", "rest")
_WAIT = _regular("waiting", "wait")
_FLY = Verb("flying", "flies", "fly")
_FLOAT = _regular("floating", "float")
_HOVER = _regular("hovering", "hover")
_LIE = Verb("lying", "lies", "lie")
_GROW = _regular("growing", "grow")
_SHINE = _regular("shining", "shine")
_APPEAR = _regular("appearing", "appear")
_PARKED, _PLACED, _SEEN = _passive("parked"), _passive("placed"), _passive("seen")

_BY_KIND: dict[str, tuple[Verb, ...]] = {
    **dict.fromkeys(("cow", "horse", "sheep", "dog", "penguin"), (_STAND, _WAIT, _SEEN)),
    **dict.fromkeys(("cat", "rabbit", "duck"), (_SIT, _REST, _WAIT, _SEEN)),
    **dict.fromkeys(("bird", "plane", "rocket", "kite"), (_FLY, _SEEN, _HOVER)),
    **dict.fromkeys(("balloon", "cloud", "planet"), (_FLOAT, _HOVER, _SEEN)),
    **dict.fromkeys(("car", "bus", "tractor", "bicycle"), (_PARKED, _STAND, _WAIT)),
    **dict.fromkeys(("tree", "palm", "pine", "flower"), (_GROW, _STAND, _SEEN)),
    **dict.fromkeys(("sun", "moon", "star"), (_SHINE, _SEEN, _APPEAR)),
    "rainbow": (_SEEN, _APPEAR),
    **dict.fromkeys(("ball", "cube"), (_LIE, _REST, _PLACED)),
    "clock": (_regular("hanging", "hang"), _SEEN),
}
_BY_KIND_ON_WATER: dict[str, tuple[Verb, ...]] = {
    "duck": (_regular("swimming", "swim"), _FLOAT),
    "boat": (_regular("sailing", "sail"), _FLOAT),
}


def verbs(kind: str, zone: Zone, riding: bool) -> tuple[Verb, ...]:
    """Return what a thing may be said to do.

    Args:
        kind: A key of ``KINDS``.
        zone: Where it is.
        riding: Whether it stands on something.
    """
    if zone == "water":
        return _BY_KIND_ON_WATER[kind]
    if riding and kind not in ("cat", "rabbit"):
        return (_STAND, _PLACED, _SEEN)
    return _BY_KIND.get(kind, (_STAND, _SEEN, _PLACED))


SETTING_PHRASES: dict[str, tuple[str, ...]] = {
    "beach": (
        *("on the beach", "at the beach", "on a sandy beach", "by the sea", "at the seaside"),
        *("on the sand", "on the shore", "near the ocean", "beside the water", "at the coast"),
    ),
    "street": (
        *("on the street", "on a street", "in the city", "on a city street", "on the road"),
        *("in town", "in front of city buildings", "in a street"),
    ),
    "meadow": (
        *("in a meadow", "in a field", "on the grass", "in a green field", "in a green meadow"),
        *("in the countryside", "on a grassy field", "in a pasture"),
    ),
    "night sky": (
        *("in the night sky", "at night", "in the dark sky", "in a starry sky", "in the sky"),
        *("among the stars", "in the dark", "in a sky full of stars", "in space"),
    ),
    "snow": (
        *("in the snow", "on the snow", "in a snowy field", "in winter", "on snowy ground"),
        *("in a snowy landscape", "in a white field", "on a winter day", "in cold weather"),
    ),
    "room": (
        *("in a room", "in the room", "indoors", "in a living room", "on a wooden floor"),
        *("inside", "on the floor", "at home"),
    ),
}

# What is behind everything else, for people who look at the background; true of every backdrop.
DETAILS: dict[str, tuple[str, ...]] = {
    "beach": ("with waves behind", "with blue water in the background", "with the sea far away"),
    "street": ("with tall buildings", "with buildings behind", "with tall buildings behind"),
    "meadow": ("with hills far away", "with hills in the background", "with green grass"),
    "night sky": ("with many stars", "with stars all around", "with stars in the background"),
    "snow": ("with woods far away", "with woods in the background", "with white hills"),
    "room": ("with a window", "with a window in the background", "with a window on the wall"),
}

# The same for what is in the sky or on the water there.
SKY_PHRASES: dict[str, tuple[str, ...]] = {
    "beach": (
        *("over the beach", "above the sea", "over the sea", "in the sky over a beach"),
        *("above the ocean", "over the water", "in the sky", "above a sandy beach"),
    ),
    "street": (
        *("over the street", "above the city", "over a city", "in the sky over a street"),
        *("above the buildings", "over the town", "in the sky", "above an empty road"),
    ),
    "meadow": (
        *("over a meadow", "above a green field", "over a field", "in the sky over a meadow"),
        *("over the hills", "above the grass", "in the sky", "above the countryside"),
    ),
    "night sky": SETTING_PHRASES["night sky"],
    "snow": (
        *("over the snow", "above a snowy field", "over a snowy field", "in the winter sky"),
        *("above a white landscape", "over a snowy landscape", "in the sky", "in winter"),
    ),
}
WATER_PHRASES = (
    *("on the sea", "on the water", "in the sea", "in the water by the beach", "on the ocean"),
    *("near the shore", "off the coast", "on the waves"),
)
WALL_PHRASES = (
    *("on the wall", "on a wall", "on the wall of a room", "in a room", "indoors"),
    *("next to a window", "on a living room wall"),
)
EXTRA_PHRASES = ("in the sky", "above", "overhead", "up in the sky")

# How some people begin, for one thing and for several. A noun phrase follows.
OPENERS = (
    *(("a picture of",) * 2, ("a drawing of",) * 2, ("an image of",) * 2, ("a view of",) * 2),
    *(("this picture shows",) * 2, ("the picture shows",) * 2, ("we see",) * 2),
    *(("you can see",) * 2, ("here is", "here are"), ("this is", "these are")),
)

LEFT = ("to the left of", "left of", "on the left of", "on the left side of")
RIGHT = ("to the right of", "right of", "on the right of", "on the right side of")
NEAR = ("next to", "beside", "near", "by", "close to", "alongside")
ABOVE = ("above", "over", "high above", "up above")
UNDER = ("under", "below", "beneath", "underneath")
FRONT = ("in front of", "in front of", "partly hiding")
BEHIND = ("behind", "behind", "partly hidden by", "in back of")
ON = ("on", "on top of", "on", "upon")
BETWEEN = ("between", "between", "in between")
