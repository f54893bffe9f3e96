"""Golden ids of a tokenizer.json by the tokenizers library: NAME.hf.gz, one row per line of lines.py and extra_lines.

A row holds the ids with special parsing off and, where they differ, a tab and the ids with it on. "Off" is the library on the
same file without its special tokens: they are taken out of added_tokens, and where the model's own vocabulary spells them too,
they get a spelling that no text has. (The property encode_special_tokens does the first alone.)
A row is "?" where normalisation hangs on a character whose kind another version of Unicode sees otherwise: the library's tables
are of several ages, those of its BERT steps and of StripAccents some ten years old.
Usage: python hf_ids.py TOKENIZER.json OUTPUT.hf.gz     (needs tokenizers; a .json.gz is read as well)
"""

import gzip
import json
import random
import sys
import unicodedata

import tokenizers

import lines

SPELLED = ["[CLS]", "[SEP]", "[MASK]", "[UNK]", "<mask>", "<pad>", "</s>", "<s>", "#@이름@#", "#@전화번호@#", "<b>", "</b>", "<table>",
           "</tfoot>\"", "<|eot_id|>", "<|eom_id|>", "<word>", "<think>", "</think>", "<tool_call>", "ABC", "\u2581", "##", "<0x0A>"]
AROUND = ["", " ", "  ", "\n", "a", "가", "1", "é", "_", "\u2581", ".", "\u200d", "\u3000", "Ａ", "İ", "ſ", "e\u0301", "\t \r\n"]


def extra_lines(seed=5):
    r = random.Random(seed)
    made = ["", " ", "\n", "\u2581", "'S I'LL 'ſ 'RE", "don't  DON'T", "①²½Ⅷ 12345678901 ٣٤٥", "Straße İstanbul ΑΣ Σ", "ẛ̣ ﬁ ㈜ ｱﾞ",
            "e\u0301 \u1112\u1161\u11ab a\u0300\u0301\u0302\u0303", "x" * 150 + " " + "가" * 120, "\u200b\ufeff\u00ad\u2060", "\x00\x07\x0b\x0c\x85\x1f",
            "한글漢字かなカナ", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "a\u0378b \ue000 \ufdd0", "\U0001f468\u200d\U0001f469 \U0001f1f0\U0001f1f7"]
    for _ in range(400):
        made.append("".join(r.choice(AROUND) + r.choice(SPELLED) + r.choice(AROUND) for _ in range(r.randint(1, 3))))
    return made


def all_lines():
    return lines.lines() + extra_lines()


def read(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as text:
        return json.load(text)


def without_special(spec):
    """The same tokenizer without its special tokens; the ids stay."""
    plain = json.loads(json.dumps(spec))
    special = {token["content"]: "\x00special%d\x00" % token["id"] for token in spec["added_tokens"] if token["special"]}
    plain["added_tokens"] = [token for token in plain["added_tokens"] if not token["special"]]
    plain["post_processor"] = None
    model = plain["model"]
    if isinstance(model["vocab"], list):
        model["vocab"] = [[special.get(piece, piece), score] for piece, score in model["vocab"]]
    else:
        model["vocab"] = {special.get(token, token): index for token, index in model["vocab"].items()}
    if model.get("unk_token") in special:
        model["unk_token"] = special[model["unk_token"]]
    if "merges" in model:
        halves = [merge if isinstance(merge, list) else merge.split(" ") for merge in model["merges"]]
        model["merges"] = [half for half in halves if "".join(half) not in special and not set(half) & set(special)]
    # Tokens that are not special and not in the model have ids of their own: the library would number them anew.
    size = max(index for index in range(len(model["vocab"]))) + 1
    known = set(piece for piece, _ in model["vocab"]) if isinstance(model["vocab"], list) else set(model["vocab"])
    outside = [token for token in plain["added_tokens"] if token["content"] not in known]
    renumbered = {size + position: token["id"] for position, token in enumerate(sorted(outside, key=lambda t: t["id"]))}
    for token in plain["added_tokens"]:
        if token["content"] not in known:
            token["id"] = next(new for new, old in renumbered.items() if old == token["id"])
    return plain, renumbered


OLD_TABLES = ("BertNormalizer", "BertPreTokenizer", "Punctuation", "StripAccents", "NFKC")
# Blocks of Unicode 15 and 16 whose letters have compatibility forms, marks or signs.
LATER = list(range(0x1CC00, 0x1CCFA)) + list(range(0x13430, 0x13456)) + [0x1B4E, 0x1B4F, 0x1B7D, 0x1B7E, 0x1B7F]


def is_unknown(character):
    """Whether the library's old tables see another kind of character than Unicode 14 to 16 does."""
    category = unicodedata.category(character)
    around = "a" + character + "b"
    cleans = tokenizers.normalizers.BertNormalizer(handle_chinese_chars=False, strip_accents=False, lowercase=False)
    strips = tokenizers.normalizers.BertNormalizer(False, False, True, False)
    is_sign = category.startswith("P") or character in "$+<=>^`|~"
    return ord(character) in LATER \
        or (category in ("Mn", "Mc", "Me") and tokenizers.normalizers.StripAccents().normalize_str(around) == around) \
        or (category == "Mn" and strips.normalize_str(around) == around) \
        or (category == "Cf" and cleans.normalize_str(around) == around) \
        or is_sign == (len(tokenizers.pre_tokenizers.Punctuation().pre_tokenize_str(around)) == 1)


def encode(tokenizer, texts, renumbered):
    rows = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        rows.append(" ".join(str(renumbered.get(index, index)) for index in ids))
    return rows


def reference(spec, texts):
    on = encode(tokenizers.Tokenizer.from_str(json.dumps(spec)), texts, {})
    plain, renumbered = without_special(spec)
    off = encode(tokenizers.Tokenizer.from_str(json.dumps(plain)), texts, renumbered)
    rows = [a if a == b else a + "\t" + b for a, b in zip(off, on)]
    if any('"%s"' % step in json.dumps(spec) for step in OLD_TABLES):
        unknown = {character for character in set("".join(texts)) if is_unknown(character)}
        rows = ["?" if unknown & set(text) else row for text, row in zip(texts, rows)]
    return rows


if __name__ == "__main__":
    lines.write(sys.argv[2], reference(read(sys.argv[1]), all_lines()))
