package dev.caravan.server.finetuning;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.PromptEncoder;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.train.dataset.DatasetExamples;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A question that the base and the tuned model are asked alike.
 *
 * @param text as a person reads it
 * @param tokens the prompt, as the server would make it
 * @param expected the answer that stands in the data, or empty
 */
@SuppressWarnings("ArrayRecordComponent") // handed over when made, never written
record Question(String text, int[] tokens, String expected) {

    /** One of a person's own. */
    static Question of(String text, PromptEncoder prompts, TemplateOptions options) {
        return new Question(text, prompts.encodeChat(List.of(new ChatMessage("user", text)), options), "");
    }

    /**
     * The first held-out conversations: everything before the first learned token is the question.
     *
     * @param most how many at most
     */
    static List<Question> of(DatasetExamples heldOut, int most, Tokenizer tokenizer) {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < heldOut.size() && questions.size() < most; i++) {
            TrainingExample example = heldOut.example(i);
            int from = example.learned().nextSetBit(0);
            // A plain text is learned from its second token on: there is nothing to ask.
            if (from > 1) {
                int[] tokens = example.tokens();
                int to = example.learned().nextClearBit(from);
                int[] prompt = Arrays.copyOf(tokens, from);
                questions.add(new Question(
                        heldOut.question(i).orElseGet(() -> text(prompt, tokenizer)),
                        prompt,
                        text(Arrays.copyOfRange(tokens, from, to), tokenizer)));
            }
        }
        return questions;
    }

    private static String text(int[] tokens, Tokenizer tokenizer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            bytes.writeBytes(tokenizer.bytes(token));
        }
        return bytes.toString(StandardCharsets.UTF_8).strip();
    }

    /** How many tokens of it fit in front of an answer. */
    boolean fits(LanguageModel model, int answerTokens) {
        return tokens.length + answerTokens <= model.contextTokens();
    }
}
