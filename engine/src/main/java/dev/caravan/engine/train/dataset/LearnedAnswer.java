package dev.caravan.engine.train.dataset;

import dev.caravan.engine.PromptEncoder;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * One answer in tokens: the whole text encoded in one go as the server encodes it, up to and with the token that ends the
 * answer.
 *
 * @param tokens everything before the answer, the answer and its end
 * @param start the first token of the answer
 */
@SuppressWarnings("ArrayRecordComponent") // made here, never written
record LearnedAnswer(int[] tokens, int start) {

    /**
     * Finds an answer's tokens. It ends with the first end token behind the last character that came from the file, since
     * some templates write end tokens between an answer's parts. A template without one (a transcript,
     * {@code ### Response:}) gets the end-of-sequence token right behind the answer.
     *
     * @throws InvalidRowException if the template printed nothing for the answer, or the model has no token to end it
     */
    static LearnedAnswer of(AnswerRendering rendering, PromptEncoder encoder) {
        int[] prompt = encoder.encode(rendering.prompt());
        int[] whole = encoder.encode(rendering.whole());
        int[] answered = encoder.encode(rendering.endingWithAnswer().whole());
        int start = firstBehind(prompt, whole, encoder.tokenizer());
        Set<Integer> ends = encoder.tokenizer().endTokens();
        int end = firstBehind(answered, whole, encoder.tokenizer());
        while (end < whole.length && !ends.contains(whole[end])) {
            end++;
        }
        if (end == whole.length) {
            whole = withEnd(answered, ends);
            end = whole.length - 1;
        }
        if (end <= start) {
            throw new InvalidRowException(
                    "the model's chat template prints nothing for the assistant's answer; change the row");
        }
        return new LearnedAnswer(Arrays.copyOf(whole, end + 1), start);
    }

    /**
     * The first token behind the part with which the whole begins. Where the end of the prompt and the beginning of the
     * answer are one token in the whole text, that token is not the answer's: the server's prompt has ended before it.
     */
    private static int firstBehind(int[] part, int[] whole, Tokenizer tokenizer) {
        int common = Arrays.mismatch(part, whole);
        if (common < 0 || common == part.length) {
            return part.length;
        }
        int left = 0;
        for (int i = common; i < part.length; i++) {
            left += tokenizer.bytes(part[i]).length;
        }
        int start = common;
        while (start < whole.length && left > 0) {
            left -= tokenizer.bytes(whole[start]).length;
            start++;
        }
        return start;
    }

    private static int[] withEnd(int[] tokens, Set<Integer> ends) {
        int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
        ended[tokens.length] = endOfSequence(ends);
        return ended;
    }

    /** The end-of-sequence token: families number it before the ends of turns and messages, which chat training added. */
    static int endOfSequence(Set<Integer> ends) {
        return ends.stream()
                .min(Integer::compare)
                .orElseThrow(() -> new InvalidRowException(
                        "the model's tokenizer names no end-of-sequence token; take the model's whole folder"));
    }

    /** Whether this answer and all before it stand in a longer conversation with the very same tokens. */
    boolean isPrefixOf(LearnedAnswer longer) {
        return longer.tokens.length >= tokens.length
                && Arrays.equals(tokens, 0, tokens.length, longer.tokens, 0, tokens.length);
    }

    /** One example of several answers, each a prefix of the last one. */
    static TrainingExample example(List<LearnedAnswer> answers) {
        BitSet learned = new BitSet();
        answers.forEach(answer -> learned.set(answer.start, answer.tokens.length));
        return new TrainingExample(answers.getLast().tokens, learned);
    }
}
