"""Which files make up the public data sets, and where their makers keep them."""

from __future__ import annotations

from captioner.data.preparing.public_set import Archive, PublicSet

_COCO = (  # one bucket under two names, of which only the first has a certificate
    "https://s3.amazonaws.com/images.cocodataset.org",
    "http://images.cocodataset.org",
)
_ILLINOIS_8K = "https://forms.illinois.edu/sec/1713398"
_ILLINOIS_30K = "https://shannon.cs.illinois.edu/DenotationGraph/"


def _coco(
    path: str, members: str, folder: str, count: int, unpacked: int, packed: int, sha256: str
) -> Archive:
    addresses = tuple(f"{bucket}/{path}" for bucket in _COCO)
    name = path.rpartition("/")[2]
    return Archive(name, members, folder, count, unpacked, packed, sha256, addresses)


def _pictures(split: str, count: int, packed: int, sha256: str) -> Archive:
    # JPEG does not get smaller in a zip
    return _coco(f"zips/{split}.zip", f"{split}/*.jpg", split, count, packed, packed, sha256)


def _captions(year: int, unpacked: int, packed: int, sha256: str) -> Archive:
    path = f"annotations/annotations_trainval{year}.zip"
    members = f"annotations/captions_*{year}.json"
    return _coco(path, members, "annotations", 2, unpacked, packed, sha256)


def _karpathy(name: str, unpacked: int) -> Archive:
    """The splits of Karpathy and Fei-Fei, 2015, with all captions; one zip for three sets."""
    return Archive(
        name="caption_datasets.zip",
        members=f"dataset_{name}.json",
        folder="karpathy",
        count=1,
        unpacked=unpacked,
        packed=36_745_453,
        sha256="4cfd70132527b80933105e5829dc9034eaab9573482e2e680abbab6130244817",
        addresses=("https://cs.stanford.edu/people/karpathy/deepimagesent/caption_datasets.zip",),
    )


_COCO_TERMS = "The captions are CC BY 4.0; every photograph has the licence that its maker chose."
_FLICKR_TERMS = "For research and education only, under the terms of use of Flickr."
COCO2017 = PublicSet(
    name="coco2017",
    root="data/coco",
    archives=(
        _captions(
            2017,
            unpacked=100_000_000,
            packed=252_907_541,
            sha256="113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
        ),
        _pictures(
            "val2017",
            count=5_000,
            packed=815_585_330,
            sha256="4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
        ),
        _pictures(
            "train2017",
            count=118_287,
            packed=19_336_861_798,
            sha256="69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
        ),
    ),
    terms=_COCO_TERMS,
    training="--config lstm --config data/coco2017 --name coco2017",
    places="--data.train_annotations {root}/annotations/captions_train2017.json"
    " --data.test_annotations {root}/annotations/captions_val2017.json"
    " --data.images [{root}/train2017,{root}/val2017]",
)

COCO2014 = PublicSet(
    name="coco2014",
    root="data/coco",
    archives=(
        _captions(
            2014,
            unpacked=100_000_000,
            packed=252_872_794,
            sha256="031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
        ),
        _karpathy("coco", unpacked=144_186_139),
        _pictures(
            "val2014",
            count=40_504,
            packed=6_645_013_297,
            sha256="fe9be816052049c34717e077d9e34aa60814a55679f804cd043e3cbee3b9fde0",
        ),
        _pictures(
            "train2014",
            count=82_783,
            packed=13_510_573_713,
            sha256="ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
        ),
    ),
    terms=_COCO_TERMS,
    training="--config lstm --config data/karpathy_coco --name coco2014",
    places="--data.annotations {root}/karpathy/dataset_coco.json --data.images {root}",
)

FLICKR8K = PublicSet(
    name="flickr8k",
    root="data/flickr8k",
    archives=(
        Archive(
            name="Flickr8k_text.zip",
            members="Flickr*.txt",
            folder="text",
            count=None,
            unpacked=15_000_000,
            packed=3_000_000,
            form=_ILLINOIS_8K,
        ),
        Archive(
            name="Flickr8k_Dataset.zip",
            members="*.jpg",
            folder="images",
            count=8_091,
            unpacked=1_200_000_000,
            packed=1_200_000_000,
            form=_ILLINOIS_8K,
        ),
    ),
    terms=_FLICKR_TERMS,
    training="--config flickr8k/lstm",
    places="--data.train_annotations {root}/annotations/captions_train.json"
    " --data.test_annotations {root}/annotations/captions_val.json"
    " --data.images {root}/images",
    converted="annotations/captions_*.json",
)

FLICKR30K = PublicSet(
    name="flickr30k",
    root="data/flickr30k",
    archives=(
        Archive(
            name="flickr30k-images.tar.gz",
            members="*.jpg",
            folder="images",
            count=31_783,
            unpacked=4_500_000_000,
            packed=4_500_000_000,
            form=_ILLINOIS_30K,
        ),
        _karpathy("flickr30k", unpacked=38_318_553),
    ),
    terms=_FLICKR_TERMS,
    training="--config lstm --config data/karpathy_flickr30k --name flickr30k",
    places="--data.annotations {root}/karpathy/dataset_flickr30k.json --data.images {root}/images",
)

PUBLIC_SETS = {each.name: each for each in (COCO2017, COCO2014, FLICKR8K, FLICKR30K)}
