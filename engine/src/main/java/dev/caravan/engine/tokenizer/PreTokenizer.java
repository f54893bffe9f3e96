package dev.caravan.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts text into the words inside which byte-level BPE merges. The expressions are those of the models' own
 * {@code tokenizer.json}; GGUF gives only a name for them ({@code tokenizer.ggml.pre}), so a name that is not known here is
 * refused: another expression would give other tokens without any sign of it. docs/reference/tokenizers.md says which
 * names were verified against llama.cpp.
 *
 * @param ignoresMerges whether a word that is a token as a whole is taken without merging
 * @param addsBos whether a beginning-of-sequence token is added where the file does not say
 */
record PreTokenizer(List<Pattern> patterns, boolean ignoresMerges, boolean addsBos) {

    private static final String CONTRACTION = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
    private static final String LINES_AND_SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String WORDS = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
    private static final String OTHERS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";

    private static final String LLAMA_3 = CONTRACTION + WORDS + "|\\p{N}{1,3}" + OTHERS + LINES_AND_SPACES;
    private static final String QWEN_2 = CONTRACTION + WORDS + "|\\p{N}" + OTHERS + LINES_AND_SPACES;
    private static final String QWEN_3_5 = CONTRACTION + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" + LINES_AND_SPACES;
    private static final String GPT_2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String GPT_4O = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+" + CONTRACTION + "?"
            + "|[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*" + CONTRACTION + "?"
            + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + LINES_AND_SPACES;
    private static final String DIGIT = "\\p{N}";

    private static final Map<String, PreTokenizer> KNOWN = known();

    private static Map<String, PreTokenizer> known() {
        Map<String, PreTokenizer> known = new TreeMap<>();
        PreTokenizer llama3 = of(true, true, LLAMA_3);
        for (String name : List.of("llama3", "llama-v3", "llama-bpe", "midm-2.0", "falcon3", "falcon-h1", "lfm2")) {
            known.put(name, llama3);
        }
        known.put("dbrx", of(false, false, LLAMA_3));
        known.put("smaug-bpe", of(false, false, LLAMA_3));
        for (String name : List.of("qwen2", "deepseek-r1-qwen", "kormo", "solar-open", "megrez", "hunyuan")) {
            known.put(name, of(false, false, QWEN_2));
        }
        known.put("qwen35", of(false, false, QWEN_3_5));
        for (String name : List.of("gpt-2", "mpt", "olmo", "exaone4", "a.x-4.0", "trillion", "phi-2")) {
            known.put(name, of(false, false, GPT_2));
        }
        for (String name : List.of("starcoder", "refact", "command-r", "smollm", "exaone", "codeshell")) {
            known.put(name, of(false, false, DIGIT, GPT_2));
        }
        for (String name : List.of("gpt-4o", "llama4", "kanana2")) {
            known.put(name, of(false, false, GPT_4O));
        }
        return known;
    }

    private static PreTokenizer of(boolean ignoresMerges, boolean addsBos, String... expressions) {
        List<Pattern> patterns = new ArrayList<>();
        for (String expression : expressions) {
            patterns.add(Pattern.compile(expression, Pattern.UNICODE_CHARACTER_CLASS));
        }
        return new PreTokenizer(List.copyOf(patterns), ignoresMerges, addsBos);
    }

    /**
     * The pre-tokenizer of a name.
     *
     * @throws IllegalArgumentException if the name is not known
     */
    static PreTokenizer named(String name) {
        PreTokenizer preTokenizer = KNOWN.get(name);
        if (preTokenizer == null) {
            throw new IllegalArgumentException("the pre-tokenizer '%s' is not supported; supported are %s"
                    .formatted(name, String.join(", ", KNOWN.keySet())));
        }
        return preTokenizer;
    }

    /** Takes the words of a text in their order. */
    interface WordSink {
        void word(int start, int end);
    }

    /** Cuts {@code text[start, end)}: every expression cuts what the one before left, matches and gaps alike. */
    void split(String text, int start, int end, WordSink sink) {
        split(0, text, start, end, sink);
    }

    private void split(int index, String text, int start, int end, WordSink sink) {
        if (start == end) {
            return;
        }
        if (index == patterns.size()) {
            sink.word(start, end);
            return;
        }
        Matcher matcher = patterns.get(index).matcher(text).region(start, end);
        int position = start;
        while (matcher.find()) {
            split(index + 1, text, position, matcher.start(), sink);
            split(index + 1, text, matcher.start(), matcher.end(), sink);
            position = matcher.end();
        }
        split(index + 1, text, position, end, sink);
    }
}
