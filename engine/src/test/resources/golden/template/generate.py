"""Reference renderings by transformers: cases.jsonl.gz, one JSON object per line.

{"template": text, "variables": {...}, "expected": text} or, where the reference raises, {"error": true} instead of expected.
Usage: python generate.py OUTPUT.jsonl.gz [DIRECTORY_WITH_OTHER_TEMPLATES]
"""

import copy
import datetime
import gzip
import json
import pathlib
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

NOW = datetime.datetime(2026, 11, 3, 9, 5, 7)  # JinjaTemplateTest pins the same time
HERE = pathlib.Path(__file__).parent
TOKENS = {"bos_token": "<bos>", "eos_token": "<eos>"}

CONTENTS = [
    "안녕하세요, 오늘 서울 날씨는 어때요?", 'Quotes " and \' and back\\slash', "{{ messages }} {% if x %} {# c #}",
    "  \u3000앞뒤 공백\t\n ", "", "<think>\n속으로 생각\n</think>\n\n겉으로 대답", "<eos><|eot_id|><start_of_turn>user\n<|im_end|>",
    "가족 👨‍👩‍👧‍👦 and \U0001F1F0\U0001F1F7\u2028새 줄", "def f(x):\n    return {'a': [1, 2]}\n\n", "<b>&amp;</b> \x07\x85",
]
SYSTEMS = [None, "You are a camel.", '너는 "캐러밴"이야. {중괄호} \'따옴표\'  ']
TOOLS = [
    {"type": "function", "function": {"name": "search", "description": "문서를 <찾는다> & \"인용\"한다.\n둘째 줄\t\x01",
     "parameters": {"type": "object", "properties": {"질의": {"type": "string"}, "limit": {"type": "integer", "default": 12345678901234567890}},
                    "required": ["질의"]}}},
    {"name": "rate", "numbers": [1e-7, 1e22, 0.1, -3.0, 1.5e300, 100000000000000000.0], "flags": [True, False, None], "empty": {}, "none": []},
]
SNIPPETS = r"""
a{% if true %}b{% endif %}c|{{ 'x' }}|{% for i in [1,2,3] %}{{ i }},{% endfor %}
line1⏎  {% if true %}⏎  kept⏎  {% endif %}⏎line2⏎⇥{# comment #}⏎line3⏎  {{ 'value' }}⏎
a  {%- if true -%}   b   {%- endif -%}  c⏎⏎{{- ' x ' -}}⏎⏎ d
a⏎  {%+ if true %}⏎ b {%+ endif +%}⏎ c
{% raw %}{{ not }} {% parsed %}{% endraw %}⏎after
{%- raw -%}  {{ x }}  {%- endraw -%}  tail
  {#- c -#}  x {# d +#}⏎ y⏎  {# e #}⏎z
{{ -1|abs }} {{ (-1)|abs }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 * 3 + 4 }}
{{ 1 + 2 ~ 3 }}
{{ (1 + 2) ~ 3 }} {{ 'a' ~ 1 ~ none ~ true ~ 1.0 ~ missing }} {{ 'a' 'b' "c" }} {{ 1.5 + 1 }} {{ 10 % 4.5 }} {{ 1e3 }} {{ 0x1f }} {{ 1_000 }}
{{ not x|length == 1 }} {{ not true or true }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 2 in [1,2] }} {{ 2 not in [1,2] }} {{ 'b' in 'abc' }} {{ not 1 in [1] }}
{{ true and 'x' }} {{ '' or 'y' }} {{ 0 and 1 }} {{ none or false }} {{ 'a' if false }} {{ 'a' if true else 'b' }} {{ 1 if 0 else 2 if 0 else 3 }}
{{ true }} {{ none }} {{ [1, 'a', none, 1.0, true] }} {{ {'a': 1, 'b': [2]} }} {{ (1,) }} {{ (1, 2) }} {{ () }} {{ {} }} {{ [] }} {{ "it's" }} {{ ["it's", 'q"', '\n\t\\ 한글\u200b'] }}
{{ 1.0 }} {{ 1e-7 }} {{ 1e22 }} {{ 123456789.123 }} {{ 1e16 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 12345678901234567890 }} {{ 1.0|int }} {{ 3.99|int }} {{ '12'|int + 1 }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ '2.5'|float }}
{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[1:] }}{{ 'abc'[:-1] }}{{ 'abc'[::-1] }}{{ 'abcdef'[1:5:2] }}{{ '가😀나'[1] }}{{ '가😀나'[::-1] }}{{ '가😀나'|length }}{{ [1,2,3][5:] }}{{ [1,2,3][-5:2] }}{{ 'abc'[4:1:-1] }}{{ [0,1,2,3,4][3:0:-1] }}
{{ [1,2,3][10] is defined }} {{ 'abc'[10] is defined }} {{ {'a': 1}.a }} {{ {'a': 1}['a'] }} {{ {'items': 1}.items is callable }} {{ {'items': 1}['items'] }} {{ {'a': 1}.b is defined }} {{ {'a': none}.a is none }}
{{ missing is defined }} {{ missing is none }} {{ none is defined }} {{ missing is undefined }} {{ missing }} {{ missing|default('d') }} {{ ''|default('d') }} {{ ''|default('d', true) }} {{ none|default('d') }} {{ missing|length }} {{ 'x' in missing }} {{ missing == missing2 }} {{ missing == none }}
{{ missing.attribute }}
{{ missing['x'] }}
{{ missing() }}
{{ missing + 1 }}
{{ none.x is defined }} {{ none.x }} {{ 1 .x is defined }}
{{ none + 'a' }}
{{ 1 + 'a' }}
{{ 'a' < 1 }}
{{ [1].append(2) }}
{{ {'a': 1}.update({'b': 2}) }}
{{ {'a': 1}.pop('a') }}
{{ ''.__class__ }}
{{ ''|nofilter }}
{% if 1 is notest %}{% endif %}
{{ raise_exception('stop 멈춤') }}
{{ 5() }}
{{ [1,2]|map('upper')|list }}
{{ range(3)|list }} {{ range(1, 10, 4)|list }} {{ range(5, 0, -2)|list }} {{ range(0)|length }} {% for i in range(3) %}{{ loop.index }}/{{ loop.length }} {% endfor %}
{{ range(1000000) }}
{% set x = 1 %}{% for i in [1,2] %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}{% if true %}{% set x = 9 %}{% endif %}{{ x }}
{% set ns = namespace(a=1, b='x') %}{% for i in range(3) %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{% set ns.new = [1] %}{{ ns.new }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d) = [3, 4] %}{{ c }}{{ d }}{% for k, v in {'x': 1, 'y': 2}.items() %}{{ k }}={{ v }};{% endfor %}
{% set block %}  text {{ 1 + 1 }} {% endset %}[{{ block }}]{% set block | upper | trim %} abc {% endset %}[{{ block }}]
{% for x in [] %}never{% else %}empty{% endfor %} {% for x in missing %}never{% else %}undefined{% endfor %}
{% for x in none %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for c in 'ab가' %}{{ c }}-{% endfor %} {% for k in {'a': 1, 'b': 2} %}{{ k }}{% endfor %}
{% for x in [1,2,3,4,5] if x is odd %}{{ loop.index }}:{{ x }}{{ '.' if loop.last else ',' }}{% endfor %}
{% for x in 'abc' %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('o', 'e') }}{{ loop.depth }};{% endfor %}
{% for x in [1,1,2,2,1] %}{% if loop.changed(x) %}{{ x }}{% endif %}{% endfor %}
{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for x in [[1,[2]],[3]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}
{% for a in [1,2] %}{% for b in [1,2] %}{{ loop.index }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}|{% endfor %}
{% macro m(a, b='B', c=none) %}[{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}]{% endmacro %}{{ m(1) }}{{ m(1, 2, 3, 4, d=5) }}{{ m(b='x', a='y') }}{{ m() }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro outer(x) %}<{{ x }}{{ caller('in') }}>{% endmacro %}{% call(y) outer('o') %}{{ y }}!{% endcall %}
{% macro r(n) %}{{ n }}{% if n > 0 %}{{ r(n - 1) }}{% endif %}{% endmacro %}{{ r(5) }}
{% set g = 'global' %}{% macro m() %}{{ g }}{% endmacro %}{% set g = 'later' %}{{ m() }}{% macro n(namespace) %}{{ namespace }}{% endmacro %}{{ n('shadow') }}
{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% filter upper %}shout {{ 'it' }}{% endfilter %} {% filter replace('a', 'b')|trim %} aaa {% endfilter %}
{% generation %}gen{{ 1 }}{% endgeneration %}
{{ 'AbC dEf'|upper }} {{ 'AbC'|lower }} {{ 'hello world-foo (bar'|title }} {{ 'hELLO'|capitalize }} {{ ' x '|trim }}| {{ 'xxaxx'|trim('x') }} {{ 'a,b'|replace(',', ';') }} {{ 'aaa'|replace('a', 'b', 2) }} {{ 'abc'|reverse }} {{ 'abc'|first }} {{ 'abc'|last }} {{ []|first }} {{ 'abc'|list }}
{{ [3,1,2]|sort }} {{ [3,1,2]|sort(reverse=true) }} {{ ['b','A','c']|sort }} {{ ['b','A','c']|sort(case_sensitive=true) }} {{ [{'n': 2}, {'n': 1}]|sort(attribute='n') }} {{ [1,2,1]|unique|list }} {{ ['a','A']|unique|list }} {{ [1,5,3]|max }} {{ [1,5,3]|min }} {{ [1,2.5]|sum }} {{ [{'n': 2}, {'n': 1}]|sum(attribute='n') }}
{{ [1,2,3]|join(', ') }} {{ ['a', 1, none]|join }} {{ [{'n': 'x'}, {'n': 'y'}]|join('-', attribute='n') }} {{ [1,2,3]|reverse|list }} {{ [[1,2],[3]]|map('length')|list }} {{ [{'a': {'b': 1}}]|map(attribute='a.b')|list }} {{ [{'a': 1}, {}]|map(attribute='a', default='-')|list }} {{ ['a']|map('replace', 'a', 'b')|list }}
{{ [1,2,3,4]|select('even')|list }} {{ [1,2,3,4]|reject('divisibleby', 3)|list }} {{ [0,1,'',none,'x']|select|list }} {{ [{'r': 'u'}, {'r': 'a'}, {}]|selectattr('r', 'equalto', 'u')|list }} {{ [{'r': 'u'}, {}]|selectattr('r')|list|length }} {{ [{'r': 'u'}, {}]|selectattr('r', 'defined')|list|length }} {{ [{'r': 1}, {'r': 2}]|rejectattr('r', 'eq', 1)|map(attribute='r')|list }} {{ none|selectattr('x')|list }}
{% if []|select %}generator is true{% endif %} {{ {'b': 1, 'a': 2}|dictsort }} {{ {'b': 1, 'a': 2}|items|list }} {{ {'a': 1}|length }} {{ {'a': 1}.get('a') }} {{ {'a': 1}.get('b') }} {{ {'a': 1}.get('b', 'd') }} {{ {'a': 1, 'b': 2}.keys()|list }} {{ {'a': 1}.values()|list }} {{ dict(a=1, b=2) }} {{ dict({'x': 1}, y=2) }}
{% for g, items in [{'t': 1, 'v': 'a'}, {'t': 2, 'v': 'b'}, {'t': 1, 'v': 'c'}]|groupby('t') %}{{ g }}:{{ items|map(attribute='v')|join }} {% endfor %}{{ [1,2,3,4,5]|batch(2)|list }} {{ [1,2,3]|batch(2, 'x')|list }}
{{ 'a\nb\n\nc'|indent }}| {{ 'a\nb'|indent(2, true) }} {{ 'a\n\nb'|indent(2, blank=true) }} {{ 'a\nb'|indent('> ') }} {{ 'one two three'|wordcount }} {{ 'x'|center(5) }}| {{ 'hello world foo'|truncate(9) }} {{ 'hello world foo'|truncate(9, true) }} {{ '<a href="x">\'&'|escape }} {{ 'a b/ü'|urlencode }} {{ '%s-%d-%.2f-%5s-%-5s|-%%'|format('a', 3, 2.5, 'r', 'l') }} {{ '%s and %s' % ('x', 1) }} {{ '%03d' % 7 }}
{{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 42.55|round(1, 'floor') }} {{ 42.51|round(1, 'ceil') }} {{ 7|round }} {{ -2.5|abs }} {{ 1234567.891|round(1) }}
{{ ' a b  c '.split() }} {{ 'a,b,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b  c '.split(none, 1) }} {{ 'a\nb\r\nc'.splitlines() }} {{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('x') }} {{ ''.split() }} {{ ''.split(',') }}
{{ 'abc'.startswith('a') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.find('c') }} {{ 'abc'.find('x') }} {{ '😀b'.find('b') }} {{ 'abcabc'.rfind('b') }} {{ 'aXbX'.replace('X', '-') }} {{ 'abc'.replace('', '-') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'aaa'.count('a') }} {{ '-'.join(['a', 'b']) }} {{ ' x '.strip() }}| {{ 'xxaxx'.strip('x') }} {{ 'xxa'.lstrip('x') }} {{ 'axx'.rstrip('x') }} {{ 'ab'.upper() }} {{ 'AB'.lower() }} {{ 'ab cd'.title() }} {{ 'ab cd'.capitalize() }} {{ 'aB'.swapcase() }}
{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a'.ljust(3, '.') }} {{ 'a'.rjust(3) }} {{ 'a'.center(4, '*') }} {{ 'ab'.center(5, '*') }} {{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'ab'.islower() }} {{ '{} {1} {x}'.format(1, 2, x=3) if false else '{0} {1} {x} {{}}'.format(1, 2, x=3) }} {{ 'ß'.upper() }} {{ 'İ'.lower()|length }}
{{ 1 is number }} {{ 1.0 is float }} {{ 1 is integer }} {{ true is integer }} {{ true is boolean }} {{ true is number }} {{ 'a' is string }} {{ [] is iterable }} {{ 'a' is iterable }} {{ 1 is iterable }} {{ {} is mapping }} {{ {} is sequence }} {{ [] is sequence }} {{ 1 is sequence }} {{ 2 is even }} {{ 3 is odd }} {{ 4 is divisibleby 2 }} {{ 4 is divisibleby(3) }} {{ none is none }} {{ true is true }} {{ 1 is true }} {{ 'a' is lower }} {{ 'A' is upper }} {{ 3 is ge 2 }} {{ 1 is in [1,2] }} {{ 1 is not in [1] }} {{ 'x' is eq 'x' }} {{ range is callable }} {{ 'upper' is filter }} {{ 1 == 1.0 }} {{ true == 1 }} {{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }} {{ 1 is sameas 1 }} {{ 1 is eq 1 and 2 is ne 3 }}
{{ {'a': [1, {'b': none}], '한': '글"\\/'}|tojson }} {{ {'b': 1, 'a': [1, 2], 'c': {}, 'd': []}|tojson(indent=2) }} {{ '한글'|tojson(ensure_ascii=true) }} {{ [1, 2]|tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ 'a</b>&\''|tojson }} {{ 1.0|tojson }} {{ none|tojson }} {{ {1: 2, none: 4}|tojson }}
{{ missing|tojson }}
{{ strftime_now('%d %b %Y %Y-%m-%d %H:%M:%S %A %a %B %j %p %I %y %%') }} {{ strftime_now is defined }}
{{ "\u00e9\x41\t|\q|\101" }} {{ 'a\'b' }} {{ "tab\tnew\nline" }}
{{ [1,2,3]|length > 2 and 'x' or 'y' }} {{ ([1,2] + [3])|length }} {{ [1] * 3 }} {{ 'ab' * 2 }} {{ (1,2) + (3,) }} {{ 'a' + 'b' * 2 }} {{ '%s' % 'x' ~ 'y' }} {{ [1,2][0]|string + 'x' }} {{ 'a' < 'b' }} {{ [1,2] < [1,3] }} {{ 'Z' < 'a' }}
{{ messages[0].content|upper }} {{ messages|length }} {{ messages[-1]['role'] }} {{ (messages|first).role }} {{ messages|map(attribute='role')|join(',') }} {{ messages[0]['content'][:2] ~ '…' }} {{ messages[0].content.split(' ')|last }} {{ messages[0]|tojson }} {{ messages[0] }}
{% if messages[0].content is string %}s{% elif messages[0].content %}l{% else %}n{% endif %}{% if not messages[0].tool_calls %}none{% endif %}{% if messages[0].tool_calls is not defined %}undef{% endif %}{{ messages[0].name if messages[0].name is defined else 'anon' }}
{{ tools is none }} {{ documents is none }} {{ tools }} {{ bos_token }}{{ eos_token }} {{ add_generation_prompt }}
{% if x %}
{{ 'unclosed
{% for %}{% endfor %}
{{ 1 + }}
{% endif %}
{% unknown %}
{% break %}
{{ a b }}
{{ 'a' | }}
{# unclosed
{{ (1, }}
{% set 1 = 2 %}
""".strip().split("\n")
# In a snippet \n and \t stand for themselves inside of strings; outside, "⏎" is a newline and "⇥" a tab.
SNIPPETS = [snippet.replace("⏎", "\n").replace("⇥", "\t") for snippet in SNIPPETS]


def conversations():
    index = 0
    for system in SYSTEMS:
        for turns in range(1, 6):
            messages = [{"role": "system", "content": system}] if system is not None else []
            for turn in range(turns):
                messages.append({"role": "user" if turn % 2 == 0 else "assistant", "content": CONTENTS[index % len(CONTENTS)]})
                index += 1
            yield messages
    for content in CONTENTS:
        yield [{"role": "user", "content": content}]
        yield [{"role": "system", "content": content}, {"role": "user", "content": content}, {"role": "assistant", "content": content},
               {"role": "user", "content": content}]


def special_conversations():
    arguments = {"질의": "규정 <b>", "n": 1.0, "deep": [None, True, {"x": "\n"}]}
    for call in ({"type": "function", "function": {"name": "search", "arguments": arguments}},
                 {"name": "search", "arguments": '{"raw": "문자열"}'}):
        for count in (1, 2):
            yield [{"role": "user", "content": "찾아 줘"}, {"role": "assistant", "content": "", "tool_calls": [call] * count},
                   {"role": "tool", "content": "결과 1"}, {"role": "tool", "content": '{"a": 1}'}, {"role": "user", "content": "고마워"}]
    yield [{"role": "user", "content": [{"type": "text", "text": " 목록 "}, {"type": "image"}, {"type": "text", "text": "둘"}]}]
    yield [{"role": "assistant", "content": "순서"}, {"role": "user", "content": "틀림"}]
    yield [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "reasoning_content": "생각"}]
    yield [{"role": "user", "content": "<tool_response>x</tool_response>"}, {"role": "assistant", "content": "b"}]
    yield [{"role": "user"}]
    yield []


def cases(source):
    for messages in conversations():
        for tools in (None, TOOLS):
            for prompt in (True, False):
                yield {"messages": messages, "tools": tools, "add_generation_prompt": prompt}
    for messages in special_conversations():
        for prompt in (True, False):
            yield {"messages": messages, "tools": TOOLS[:1], "add_generation_prompt": prompt}
            yield {"messages": messages, "tools": None, "add_generation_prompt": prompt, "enable_thinking": False, "date_string": "1 Jan 2026"}


def render(source, variables):
    try:
        template = _compile_jinja_template(source)
        context = {"tools": None, "documents": None, **TOKENS, **copy.deepcopy(variables)}
        return {"expected": template.render(strftime_now=NOW.strftime, **context)}
    except Exception as error:
        return {"error": True, "reference": type(error).__name__}


def main():
    rows = []
    for snippet in SNIPPETS:
        variables = {"messages": [{"role": "user", "content": "hello 세계 <b>"}, {"role": "assistant", "content": ""}],
                     "add_generation_prompt": True, "x": [1]}
        rows.append({"template": snippet, "variables": variables, **render(snippet, variables)})
    paths = sorted((pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE).glob("*.jinja"))
    for path in paths:
        source = path.read_text(encoding="utf-8")
        name = path.name
        for variables in cases(source):
            rows.append({"name": name, "variables": variables, **render(source, variables)})
    with open(sys.argv[1], "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8"))
    print(len(rows), "cases,", sum("error" in row for row in rows), "raise")


if __name__ == "__main__":
    main()
