package dev.caravan.engine.generate;

import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps an answer to the words of given passages; the model still chooses every token itself. A small base model would
 * otherwise invent dates and drift. The rules:
 *
 * <ul>
 *   <li>Only tokens of the passages, of a few further texts (verb endings, particles) and the end tokens may be drawn.
 *   <li>A number is one of the passages' numbers.
 *   <li>A token that continues a run of a passage is favoured, the more the longer the run, up to {@value
 *       #RUN_TOKENS_MAX} tokens: the copy mechanism of pointer networks (See et al. 2017, "Get To The Point") in its
 *       simplest form.
 *   <li>No {@value #REPEATED_TOKENS} tokens occur twice (transformers' {@code no_repeat_ngram_size}).
 * </ul>
 */
public final class PassageConstraint implements TokenConstraint {

    private static final int RUN_TOKENS_MAX = 3;
    private static final int REPEATED_TOKENS = 8;
    /** More tokens than any number of a document has. */
    private static final int NUMBER_TOKENS_MAX = 24;

    private final Tokenizer tokenizer;
    private final BitSet allowed = new BitSet();
    private final Map<Integer, String> texts = new HashMap<>();
    private final PassageNumbers numbers;
    private final int[] passageTokens;
    private final Map<Integer, int[]> positions;
    private final float bonusPerToken;

    /**
     * @param passages what the answer is to be made of
     * @param furtherTexts texts whose tokens are allowed as well
     * @param bonusPerToken logits added to a token for each token of the run that it continues; 0 only masks
     */
    public PassageConstraint(
            Tokenizer tokenizer, List<String> passages, List<String> furtherTexts, float bonusPerToken) {
        this.tokenizer = tokenizer;
        this.bonusPerToken = bonusPerToken;
        this.numbers = new PassageNumbers(passages);
        this.passageTokens = tokenizer.encode(" " + String.join("\n", passages), Specials.AS_TEXT);
        this.positions = positions(passageTokens);
        allow(passageTokens);
        allow(tokenizer.encode("\n", Specials.AS_TEXT));
        // A word has other tokens at the start of a text than after a space.
        for (String text : passages) {
            allow(tokenizer.encode(text, Specials.AS_TEXT));
        }
        for (String text : furtherTexts) {
            allow(tokenizer.encode(text, Specials.AS_TEXT));
            allow(tokenizer.encode(" " + text, Specials.AS_TEXT));
        }
        tokenizer.endTokens().forEach(allowed::set);
    }

    @Override
    public void apply(int[] generated, int count, float[] logits) {
        String openRun = PassageNumbers.openRun(ending(generated, count));
        for (int token = 0; token < logits.length; token++) {
            if (!allowed.get(token) || !numbers.mayFollow(openRun, text(token))) {
                logits[token] = Float.NEGATIVE_INFINITY;
            }
        }
        if (bonusPerToken != 0 && count > 0) {
            favourContinuations(generated, count, logits);
        }
        forbidRepetition(generated, count, logits);
    }

    private CharSequence ending(int[] generated, int count) {
        StringBuilder ending = new StringBuilder();
        for (int index = Math.max(0, count - NUMBER_TOKENS_MAX); index < count; index++) {
            ending.append(text(generated[index]));
        }
        return ending;
    }

    /** Digits are ASCII, so bytes of a cut character do no harm here. */
    private String text(int token) {
        return texts.computeIfAbsent(token, key -> new String(tokenizer.bytes(key), StandardCharsets.ISO_8859_1));
    }

    private void favourContinuations(int[] generated, int count, float[] logits) {
        Map<Integer, Integer> runs = new HashMap<>();
        for (int position : positions.getOrDefault(generated[count - 1], new int[0])) {
            if (position + 1 < passageTokens.length) {
                runs.merge(passageTokens[position + 1], sharedRun(generated, count, position), Math::max);
            }
        }
        runs.forEach((token, run) -> logits[token] += bonusPerToken * run);
    }

    /** How many of the answer's last tokens stand in the passages up to and including this position. */
    private int sharedRun(int[] generated, int count, int position) {
        int run = 0;
        while (run < RUN_TOKENS_MAX
                && run < count
                && run <= position
                && passageTokens[position - run] == generated[count - 1 - run]) {
            run++;
        }
        return run;
    }

    private static void forbidRepetition(int[] generated, int count, float[] logits) {
        int tail = REPEATED_TOKENS - 1;
        for (int start = 0; start + tail < count; start++) {
            if (Arrays.equals(generated, start, start + tail, generated, count - tail, count)) {
                logits[generated[start + tail]] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void allow(int[] tokens) {
        for (int token : tokens) {
            allowed.set(token);
        }
    }

    private static Map<Integer, int[]> positions(int[] tokens) {
        Map<Integer, int[]> positions = new HashMap<>();
        for (int i = 0; i < tokens.length; i++) {
            positions.merge(tokens[i], new int[] {i}, PassageConstraint::joined);
        }
        return positions;
    }

    private static int[] joined(int[] left, int[] right) {
        int[] joined = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, joined, left.length, right.length);
        return joined;
    }
}
