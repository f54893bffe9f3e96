package dev.caravan.server.finetuning;

import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** An example as people read it: what is learned stands out, control tokens have their names. */
final class ExampleText {
    private static final String LEARNED_COLOUR = "\u001B[1;32m";
    private static final String MASKED_COLOUR = "\u001B[2m";
    private static final String PLAIN = "\u001B[0m";

    private ExampleText() {}

    /** @param colours bright and dim for a terminal, else learned text stands in {@code [[ ]]} */
    static String of(TrainingExample example, Tokenizer tokenizer, boolean colours) {
        StringBuilder text = new StringBuilder();
        int[] tokens = example.tokens();
        for (int from = 0; from < tokens.length; ) {
            boolean learned = example.learned().get(from);
            int to = learned
                    ? example.learned().nextClearBit(from)
                    : example.learned().nextSetBit(from);
            to = to < 0 ? tokens.length : Math.min(to, tokens.length);
            String run = printable(run(tokens, from, to, tokenizer));
            if (colours) {
                text.append(learned ? LEARNED_COLOUR : MASKED_COLOUR)
                        .append(run)
                        .append(PLAIN);
            } else {
                text.append(learned ? "[[" : "").append(run).append(learned ? "]]" : "");
            }
            from = to;
        }
        return text.toString();
    }

    private static String run(int[] tokens, int from, int to, Tokenizer tokenizer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int t = from; t < to; t++) {
            byte[] piece = tokenizer.bytes(tokens[t]);
            bytes.writeBytes(
                    piece.length > 0 ? piece : tokenizer.spelling(tokens[t]).getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Text of a file must not steer the terminal. */
    static String printable(String text) {
        return text.replaceAll("[\\p{Cc}&&[^\\n\\t]]", "\uFFFD");
    }
}
