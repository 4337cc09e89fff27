"""The words that five people would use for the same things."""

from __future__ import annotations

from captioner.data.scenes.kinds import Zone

# (one, several), the usual word first: it is chosen more often.
NOUNS: dict[str, tuple[tuple[str, str], ...]] = {
    "cow": (("cow", "cows"),),
    "horse": (("horse", "horses"), ("pony", "ponies")),
    "sheep": (("sheep", "sheep"),),
    "dog": (("dog", "dogs"),),
    "cat": (("cat", "cats"),),
    "rabbit": (("rabbit", "rabbits"), ("bunny", "bunnies")),
    "bird": (("bird", "birds"),),
    "duck": (("duck", "ducks"),),
    "penguin": (("penguin", "penguins"),),
    "car": (("car", "cars"),),
    "bus": (("bus", "buses"),),
    "bicycle": (("bicycle", "bicycles"), ("bike", "bikes")),
    "tractor": (("tractor", "tractors"),),
    "boat": (("boat", "boats"), ("sailboat", "sailboats")),
    "plane": (("plane", "planes"), ("airplane", "airplanes")),
    "rocket": (("rocket", "rockets"), ("spaceship", "spaceships")),
    "balloon": (("balloon", "balloons"), ("hot air balloon", "hot air balloons")),
    "house": (("house", "houses"), ("cottage", "cottages")),
    "lighthouse": (("lighthouse", "lighthouses"),),
    "tent": (("tent", "tents"),),
    "tree": (("tree", "trees"),),
    "palm": (("palm tree", "palm trees"), ("palm", "palms")),
    "pine": (("pine tree", "pine trees"), ("fir tree", "fir trees")),
    "flower": (("flower", "flowers"), ("blossom", "blossoms")),
    "plant": (("potted plant", "potted plants"), ("plant", "plants")),
    "cloud": (("cloud", "clouds"),),
    "sun": (("sun", "suns"),),
    "rainbow": (("rainbow", "rainbows"),),
    "moon": (("moon", "moons"), ("crescent moon", "crescent moons")),
    "star": (("star", "stars"),),
    "planet": (("planet", "planets"), ("planet with a ring", "planets with rings")),
    "ball": (("ball", "balls"),),
    "cube": (("cube", "cubes"), ("block", "blocks")),
    "kite": (("kite", "kites"),),
    "umbrella": (("umbrella", "umbrellas"), ("parasol", "parasols")),
    "snowman": (("snowman", "snowmen"),),
    "chair": (("chair", "chairs"),),
    "table": (("table", "tables"),),
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
    3: ("three", "three", "a group of three", "several"),
    4: ("four", "four", "a group of four", "several"),
}

# What things do, as (participle, finite for one, finite for several); truthful for every picture
# of the kind, since it follows from where the kind is and how it is drawn.
_Verb = tuple[str, str, str]
_STAND: _Verb = ("standing", "stands", "stand")
_SIT: _Verb = ("sitting", "sits", "sit")
_FLY: _Verb = ("flying", "flies", "fly")
_FLOAT: _Verb = ("floating", "floats", "float")
_PARK: _Verb = ("parked", "is parked", "are parked")
_LIE: _Verb = ("lying", "lies", "lie")
_GROW: _Verb = ("growing", "grows", "grow")
_HANG: _Verb = ("hanging", "hangs", "hang")
_SHINE: _Verb = ("shining", "shines", "shine")
_PLACE: _Verb = ("placed", "is placed", "are placed")
_DRIFT: _Verb = ("drifting", "drifts", "drift")
_SWIM: _Verb = ("swimming", "swims", "swim")
_SAIL: _Verb = ("sailing", "sails", "sail")

_BY_KIND: dict[str, tuple[_Verb, ...]] = {
    **dict.fromkeys(("cow", "horse", "sheep", "dog", "penguin", "snowman"), (_STAND,)),
    **dict.fromkeys(("cat", "rabbit", "duck"), (_SIT,)),
    **dict.fromkeys(("bird", "plane", "rocket", "kite"), (_FLY,)),
    "balloon": (_FLOAT, _FLY),
    "cloud": (_FLOAT, _DRIFT),
    **dict.fromkeys(("car", "bus", "tractor", "bicycle"), (_PARK, _STAND)),
    **dict.fromkeys(("tree", "palm", "pine", "flower"), (_GROW, _STAND)),
    **dict.fromkeys(("sun", "moon", "star"), (_SHINE,)),
    "planet": (_FLOAT,),
    "rainbow": (("seen", "is seen", "are seen"),),
    "ball": (_LIE,),
    "cube": (_LIE, _PLACE),
    "clock": (_HANG,),
}
_BY_KIND_ON_WATER: dict[str, tuple[_Verb, ...]] = {"duck": (_SWIM, _FLOAT), "boat": (_SAIL, _FLOAT)}


def verbs(kind: str, zone: Zone, riding: bool) -> tuple[_Verb, ...]:
    """Return what a thing may be said to do.

    Args:
        kind: A key of ``KINDS``.
        zone: Where it is.
        riding: Whether it stands on something.
    """
    if zone == "water":
        return _BY_KIND_ON_WATER[kind]
    if riding and kind not in ("cat", "rabbit"):
        return (_STAND, _PLACE)
    return _BY_KIND.get(kind, (_STAND,))


SETTING_PHRASES: dict[str, tuple[str, ...]] = {
    "beach": ("on the beach", "at the beach", "on a sandy beach", "by the sea", "at the seaside"),
    "street": ("on the street", "on a street", "in the city", "in a city street", "on the road"),
    "meadow": (
        "in a meadow",
        "in a field",
        "on the grass",
        "in a green field",
        "in a green meadow",
    ),
    "night sky": ("in the night sky", "at night", "in the dark sky", "in a starry sky"),
    "snow": ("in the snow", "in the snow", "on a snowy day", "in a snowy field", "in winter"),
    "room": ("in a room", "in the room", "indoors", "in a living room", "on a wooden floor"),
}

# The same for what is in the sky or on the water there.
SKY_PHRASES: dict[str, tuple[str, ...]] = {
    "beach": ("over the beach", "above the sea", "over the sea", "in the sky over a beach"),
    "street": ("over the street", "above the city", "over a city", "in the sky over a street"),
    "meadow": ("over a meadow", "above a green field", "over a field", "in the sky over a meadow"),
    "night sky": SETTING_PHRASES["night sky"],
    "snow": ("over the snow", "above a snowy field", "over a snowy field", "in the winter sky"),
}
WATER_PHRASES = ("on the sea", "on the water", "in the sea", "in the water by the beach")
WALL_PHRASES = ("on the wall", "on a wall", "on the wall of a room", "in a room")
EXTRA_PHRASES = ("in the sky", "in the sky", "above", "overhead")

LEFT = ("to the left of", "left of", "on the left of")
RIGHT = ("to the right of", "right of", "on the right of")
NEAR = ("next to", "next to", "beside", "near", "by")
ABOVE = ("above", "above", "over", "high above")
UNDER = ("under", "below", "beneath", "under")
FRONT = ("in front of",)
BEHIND = ("behind", "behind", "partly hidden by")
ON = ("on", "on top of", "on")
BETWEEN = ("between", "in between", "between")
