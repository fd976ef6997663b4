"""The inner loops of the product kernels keep their accumulators in registers.

    hot_loops.py OBJDUMP LIBRARY

Disassembles the library, finds the innermost loops of the full tiles (a jump back over code that
holds multiply-adds and no other loop), and fails if one stores anything, touches the stack, or has
fewer multiply-adds than its tile has accumulators: a compiler that spills or does not unroll costs
a factor of two to three, and no other test would tell. The transforms of minimal filtering may use
the stack for addresses, not for vectors, where 16 vectors fit into the registers: in the tier that
has 32 of these."""
import re
import subprocess
import sys

KINDS = {"gather", "gather_ahead", "outer", "depth_outer", "strip_broadcast", "strip_depth"}
FULL_TILE = re.compile(r"<(?:product_(gather|outer|depth_outer)_(\d+)_full|"
                       r"(strip_broadcast|strip_depth)_full|product_gather(?:_ahead)?)_"
                       r"(avx2|avx512)>:$")  # gather_ahead may be inlined into gather
TRANSFORM = re.compile(r"<(filter_(?:input|weights|output|slopes|taps)_2_\d)_avx512>:$")
TRANSFORMS = 10
STACK_VECTOR = re.compile(r"%[yz]mm\d+.*\(%[re](?:sp|bp)\)|\(%[re](?:sp|bp)\).*%[yz]mm\d+")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(.*)$")
JUMP = re.compile(r"^j\w+\s+([0-9a-f]+)")
STORE = re.compile(r"^v?mov\w*\s+[%$].*\)$")
VECTORS = {"avx2": 2, "avx512": 4}  # of a full tile's row
FULL_ROWS = 6
NO_LOOP = "no inner loop found"


def functions(objdump, library):
    """Head and instructions of each function."""
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", library], check=True,
                          capture_output=True, text=True).stdout
    for block in text.split("\n\n"):
        head, _, body = block.strip().partition("\n")
        lines = (INSTRUCTION.match(line) for line in body.split("\n"))
        yield head, [(int(m.group(1), 16), m.group(2).strip()) for m in lines if m]


def full_tiles(code_of):
    """Kind, name, rows, accumulators of a row and instructions of each full tile's kernel."""
    for head, code in code_of:
        found = FULL_TILE.search(head)
        if found:
            rows = int(found.group(2) or FULL_ROWS)
            kind = found.group(1) or found.group(3) or "gather_ahead"
            yield kind, head, rows, VECTORS[found.group(4)], code


def check_transforms(code_of):
    """Whether every transform is there and keeps its vectors in registers."""
    seen, failed = set(), 0
    for head, code in code_of:
        found = TRANSFORM.search(head)
        if found:
            seen.add(found.group(1))
            spilled = [text for _, text in code if STACK_VECTOR.search(text)]
            failed += bool(spilled)
            for text in spilled:
                print(head, f"a vector on the stack: {text}")
    print(f"{len(seen) - failed} transforms passed, {failed} failed")
    if len(seen) != TRANSFORMS:
        print(f"{TRANSFORMS} transforms are expected, found: {' '.join(sorted(seen))}")
    return not failed and len(seen) == TRANSFORMS


def innermost_loops(code):
    """The instructions from the target of a jump back to that jump, without another inside."""
    spans = []
    for address, text in code:
        jump = JUMP.match(text)
        if jump and code[0][0] <= int(jump.group(1), 16) <= address:
            spans.append((int(jump.group(1), 16), address))
    for span in spans:
        if not any(s != span and span[0] <= s[0] and s[1] <= span[1] for s in spans):
            yield [text for address, text in code if span[0] <= address <= span[1]]


def faults(strip, rows, vectors, code):
    """Of strips that are shorter than a tile the rows go one by one, and lines are counted in memory."""
    accumulators, single = rows * vectors, vectors if strip else 0
    loops = 0
    for body in innermost_loops(code):
        products = sum("vfmadd" in text for text in body)
        if products <= single:
            continue
        loops += 1
        if products < accumulators:
            yield f"{products} multiply-adds for {accumulators} accumulators"
        for text in body:
            if (STACK_VECTOR.search(text) if strip else "%rsp" in text) or STORE.match(text):
                yield f"memory in the inner loop: {text}"
    if not loops:
        yield NO_LOOP


def main():
    checked, failed, missing = 0, 0, set(KINDS)
    code_of = list(functions(sys.argv[1], sys.argv[2]))
    for kind, name, rows, vectors, code in full_tiles(code_of):
        found = list(faults(kind.startswith("strip"), rows, vectors, code))
        if kind == "gather_ahead" and found == [NO_LOOP]:
            continue
        for fault in found:
            print(name, fault)
        checked += 1
        failed += bool(found)
        missing.discard(kind)
    print(f"{checked - failed} kernels passed, {failed} failed")
    for kind in sorted(missing):
        print(f"no kernel of kind '{kind}' was found")
    return not check_transforms(code_of) or failed > 0 or len(missing) > 0


sys.exit(main())
