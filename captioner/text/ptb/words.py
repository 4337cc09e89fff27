"""Word lists of the PTB tokenizer, as alternatives of regular expressions."""


def _either(words: str) -> str:
    """Join words into alternatives, long ones first, as the longest must win."""
    return "|".join(sorted(words.split(), key=len, reverse=True))


# Abbreviations that keep their full stop wherever they stand.
ALWAYS = (
    "(?ai:"
    + _either(
        "a b c d e f g h i j k l m n o p q r s t u v w x y z cf dr ft lt mr ms mt ph st vs wm adj "
        "adm adv ave cie col cpl det drs ens gen gov hon jos maj mme mrs pfc pvt rep rev sen sfc "
        "sgt spc ste alex asst atty brig capt cmdr dept elec govs insp invt mlle msgr natl pres "
        "prof reps sens supt bldg assoc attys comdr lieut profs supts treas messrs"
    )
    + ")|[Mm][ft](?ai:g)"
)

# Abbreviations that may also end a sentence: companies, months, days, states. Those that are a
# common word in lower case need their capital.
_CAPITAL = "Az La Pa Ark Del Ill Ore Tex Mass Miss Wash"
OFTEN = (
    "(?ai:"
    + _either(
        r"ph\.d al co ct ga jr ky md mo rd rt sq sr va vt ala apr aug bhd cos dak dec esq est etc "
        "ext feb fla fri inc ind jan jul jun kan ltd mar mon neb nev nov oct plc sep seq sys tel "
        "thu tue wed wis wyo ariz assn blvd bros colo conn corp intl kans mich minn mont okla penn "
        "sept tenn tues univ wisc calif thurs"
    )
    + ")|(?ai:pp?t)[ey](?ai:s?)|"
    + "|".join(f"{word[0]}(?ai:{word[1:]})" for word in _CAPITAL.split())
)

# After a single letter and a full stop these begin a new sentence, so that "I. The" is a pronoun.
_STARTS = (
    r"About According Additionally After An As At But He Her Here However If In It Last Many More "
    r"Mr\. Ms\. Now Once One Other Our She Since So Some Such That Their Then There These They The "
    r"This We What When While Yet You"
)
SENTENCE_STARTS = "A|" + "|".join(f"{word[0]}(?ai:{word[1:]})" for word in _STARTS.split())

BEFORE_NUMBERS = _either("ca no op pp p art fig figs nos prop")

WITH_APOSTROPHE = _either(
    r"cont'd\. cont'd nor'easter c'mon e'er s'mores ev'ry li'l nat'l cap'n c'est"
)
WITH_PUNCTUATION = _either(
    r"-rrb- -lrb- -rcb- -lcb- -rsb- -lsb- c\.d\.s pro- anti- s(?:&|&amp;)p-500 s(?:&|&amp;)ls"
)

FILE_ENDINGS = _either(
    "bat bmp c class cgi cpp dll doc docx exe gif gz h htm html jar java jpeg jpg mov mp3 pdf php "
    "pl png ppt ps py sql tar txt wav x xml zip"
)
