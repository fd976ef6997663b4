"""Fetches the whole of Fashion-MNIST: 60,000 pictures to train with and the 10,000 that are here already.

    python examples/data/fetch_fashion.py [--out FOLDER] [--packages FOLDER]

Four IDX files, 30 MB, of Debian's package dataset-fashion-mnist (MIT, see LICENSE), go into a folder, as they
are: data sets of the kind idx take them by path= and labels=."""
import os
import sys

import fetching

FILES = {
    "train-images-idx3-ubyte.gz": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    "train-labels-idx1-ubyte.gz": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    "t10k-images-idx3-ubyte.gz": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    "t10k-labels-idx1-ubyte.gz": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}


def fetch(given, packages):
    path = fetching.deb(packages, "dataset-fashion-mnist")
    members = fetching.deb_members(path, lambda name: os.path.basename(name) in FILES)
    found = {os.path.basename(name): content for name, content in members.items()}
    for name, sha256 in FILES.items():
        fetching.check(path, {name: found[name]} if name in found else {}, sha256)
    for name, content in found.items():
        fetching.write(os.path.join(given.out, name), content)
        print(os.path.join(given.out, name))


if __name__ == "__main__":
    sys.exit(fetching.main(fetch, fetching.arguments(__doc__, fetching.FETCHED).parse_args()))
