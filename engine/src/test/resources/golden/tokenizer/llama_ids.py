"""Reference ids of lines.txt.gz by llama.cpp for a model that is not committed: NAME.ids.gz, one row per line.

A row holds the ids with special parsing off and, where they differ, a tab and the ids with it on.
Usage: python gemma.py LLAMA_IDS_BINARY MODEL.gguf OUTPUT.ids.gz
"""

import subprocess
import sys

import lines


def reference(binary, model, texts):
    records = b"".join(b"%d\n%s" % (len(data), data) for data in (text.encode("utf-8") for text in texts))
    output = subprocess.run([binary, model], input=records, stdout=subprocess.PIPE, check=True).stdout
    rows = output.decode("ascii").rstrip("\n").split("\n")
    assert len(rows) == len(texts), (len(rows), len(texts))
    pairs = [row.split("\t") for row in rows]
    return [off if off == on else off + "\t" + on for off, on in pairs]


if __name__ == "__main__":
    lines.write(sys.argv[3], reference(sys.argv[1], sys.argv[2], lines.lines()))
