"""Writes the lines that every tokenizer is compared on: lines.txt.gz, one escaped line per record.

Everything is composed from the lists below with a fixed seed; nothing is taken from a corpus.
Usage: python lines.py OUTPUT_DIRECTORY
"""

import gzip
import random
import sys
import unicodedata

SEED = 20261123
SUBJECTS = "회의록 보고서 계약서 담당자 고객 서버 데이터베이스 연구소 대리점 물류센터 예산안 점검표 승인서 부산지사 개인정보 출장비 협력업체 " \
    "안전관리자 품질팀 캐러밴 임직원 휴가신청서 교육과정 설비 온도계 창고 배차표 영수증 세금계산서 단말기 요금제 기지국".split()
JOSA = ["은", "는", "이", "가", "을", "를", "에서", "에게", "으로", "와", "과", "의", "도", "만", "까지", "부터", "처럼", "보다", "에"]
VERBS = "검토했습니다 승인되었다 제출해야 합니다 늦어졌어요 확인하세요 바뀌었나요 보관합니다 취소됐음 공유드립니다 막혔는데요 늘어났다 " \
    "줄었습니다 읽어 봤니 찾을 수 없습니다 꺾였다 앉혔다 흩어졌고 맑겠습니다 닳아서 읊조렸다 훑어보았다".split()
ADVERBS = "오늘 어제 지난주 다음 달 3분기에 즉시 가급적 반드시 아마도 조금씩 2026년 11월 23일 오후 3시 30분에 제12조에 따라".split()
ENGLISH = "the a quick report server invoice budget of and to in that Seoul we they couldn't it's I'll you're caravan carries " \
    "documents language model answer question WHY HOW Retrieval-augmented tokenizer naïve café résumé 3rd x86_64 e.g. i.e.".split()
CODE = [
    "def {0}(self, {1}):\n    return {1} * {2}\n", "for (int i = 0; i < {2}; i++) {{ {0}[i] += {1}; }}",
    "SELECT {0}, count(*) FROM {1} WHERE id >= {2} GROUP BY {0};", "public record {0}(String {1}, int size) {{}}",
    "\tif err != nil {{\n\t\treturn fmt.Errorf(\"{0}: %w\", err)\n\t}}", "const {0} = ({1}) => {1}?.map((x) => x ** {2}) ?? [];",
    "{{\"{0}\": [{2}, {2}.5, null, true], \"{1}\": {{}}}}", "<div class=\"{0}\"><b>{1}</b>&nbsp;{2}</div>",
    "#!/bin/sh\nset -eu\n{0}=${{{1}:-{2}}}\n", "| {0} | {1} |\n|---|--:|\n| {2} | 1,234.50 |", "x = {2} // {2}; y = x<<{2} ^ ~{2}",
    "// {0}: TODO? {1}!!! ===> {2}", "https://example.org/{0}/{1}?q={2}&lang=ko#top", "C:\\Users\\{0}\\{1}.hwp",
]
NAMES = "parse load_model 이름 value getUserName HTTPServer kebab-case x y1 _tmp tokenIds merge_rank 변수".split()
EMOJI = ["😀", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "🇰🇷", "🏳️‍🌈", "❤️", "1️⃣", "🫠", "🚀", "☕", "✅", "🧑🏿‍🚒", "⚠️", "🐫"]
CONTROL = ["<bos>", "<eos>", "<pad>", "<start_of_turn>", "<end_of_turn>", "<unused7>", "<|eot_id|>", "<|begin_of_text|>",
           "<|start_header_id|>", "<|end_header_id|>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<s>", "<unk>",
           "<0x41>", "<b>", "</table>", "[multimodal]", "<|end_of_text|>", "<|eom_id|>", "[INST]", "<|tool|>"]


def korean(r):
    out = []
    for _ in range(r.randint(1, 3)):
        out.append(" ".join([r.choice(ADVERBS), r.choice(SUBJECTS) + r.choice(JOSA), r.choice(SUBJECTS) + r.choice(JOSA),
                             r.choice(VERBS)]) + r.choice([".", "?", "!", "…", "~", "", "ㅋㅋㅋ", "ㅠㅠ", " (주)", "』"]))
    if r.random() < 0.3:
        out.append("%s %s원, %d%%" % (r.choice(SUBJECTS), format(r.randint(1, 10**9), ","), r.randint(0, 100)))
    if r.random() < 0.2:
        out.append("".join(chr(r.randint(0xAC00, 0xD7A3)) for _ in range(r.randint(1, 8))))
    return r.choice([" ", " ", "\n", "  "]).join(out)


def english(r):
    words = [r.choice(ENGLISH) for _ in range(r.randint(2, 16))]
    words = [w.upper() if r.random() < 0.03 else w.capitalize() if r.random() < 0.1 else w for w in words]
    if r.random() < 0.4:
        words.insert(r.randrange(len(words)), str(r.randint(0, 10**r.randint(1, 12))))
    return " ".join(words) + r.choice([".", "?", "!", "", ";", "...", "\"", ")", " -"])


def code(r):
    return "\n".join(r.choice(CODE).format(r.choice(NAMES), r.choice(NAMES), r.randint(0, 99999)) for _ in range(r.randint(1, 2)))


def emoji(r):
    parts = [r.choice([korean, english])(r), "".join(r.choice(EMOJI) for _ in range(r.randint(1, 5)))]
    r.shuffle(parts)
    return r.choice(["", " "]).join(parts)


def mixed(r):
    return r.choice([" ", "\n\n", "\t", ": "]).join(f(r) for f in r.sample([korean, english, code, emoji], 2))


def random_points(r, low, high, n):
    return "".join(chr(c) for c in (r.randint(low, high) for _ in range(n)) if not 0xD800 <= c < 0xE000)


def odd(r):
    kind = r.randrange(9)
    if kind == 0:
        return unicodedata.normalize("NFD", korean(r))
    if kind == 1:
        return r.choice(ENGLISH) + "".join(chr(r.choice([0, 1, 7, 8, 11, 12, 27, 127, 0x85, 0xA0, 0xAD, 0x200B, 0xFEFF]))
                                           for _ in range(r.randint(1, 4))) + korean(r)
    if kind == 2:
        return " " * r.randint(1, 70) + english(r) + " " * r.randint(0, 40)
    if kind == 3:
        return "\n" * r.randint(1, 40) + korean(r) + r.choice(["\r\n", "\n\r", "\r", "\t\t\t", " \n \n"]) * r.randint(1, 9)
    if kind == 4:
        return random_points(r, 0x3400, 0x9FFF, r.randint(1, 12)) + random_points(r, 0xAC00, 0xD7A3, r.randint(1, 12))
    if kind == 5:
        return random_points(r, 0x20, 0x2FFF, r.randint(1, 20))
    if kind == 6:
        return random_points(r, 0x10000, 0x1FAFF, r.randint(1, 10))
    if kind == 7:
        return "".join(r.choice("\u2581▁ _\u3000①㈜ﬁ½²ⅣΩЖאبकไｱＡ'’\"“・") for _ in range(r.randint(1, 16)))
    return r.choice(["a", "가", "ㅋ", "!", "0", "ab", "\u1100", "😀", "=", "한글"]) * r.randint(20, 200)


def control(r):
    parts = []
    for _ in range(r.randint(1, 4)):
        parts += [r.choice([korean, english, lambda r: r.choice(["", " ", "\n", "model\n", "user\n\n"])])(r), r.choice(CONTROL)]
    r.shuffle(parts)
    return "".join(parts)


def lines(seed=SEED, scale=1.0):
    r = random.Random(seed)
    plan = [(korean, 2200), (english, 900), (code, 800), (emoji, 500), (mixed, 400), (odd, 700), (control, 500)]
    return [make(r) for make, count in plan for _ in range(int(count * scale))]


def escape(line):
    return line.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def write(path, rows):
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write("".join(row + "\n" for row in rows).encode("utf-8"))


if __name__ == "__main__":
    made = lines()
    write(sys.argv[1] + "/lines.txt.gz", [escape(line) for line in made])
    print(len(made), "lines,", sum(len(line.encode()) for line in made), "bytes")
