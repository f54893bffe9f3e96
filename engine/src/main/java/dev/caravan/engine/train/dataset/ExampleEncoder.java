package dev.caravan.engine.train.dataset;

import dev.caravan.engine.PromptEncoder;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Document;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * Rows to examples. Of a conversation the assistant's messages are learned, each with the token that ends it and each
 * exactly once; everything that the server would give the model before them is masked.
 *
 * <p>An answer's tokens are those that the server would make: the messages before it with the generation prompt, then the
 * answer as the template prints it. Answers that stand in a longer conversation with the very same tokens share one example
 * with it. Where they do not, because the template prints earlier answers in another way (Qwen3 drops their thoughts),
 * the conversation becomes several examples, each ending with its own answer.
 *
 * <p>Immutable and thread-safe.
 *
 * @param prompts the model's tokenizer and its template; for a base model
 *     {@link dev.caravan.engine.template.PlainTemplate}
 * @param options variables for the template. Llama 3's and Mi:dm's print today's date: give
 *     {@link TemplateOptions#withDateString} where runs on several days should have the same tokens
 * @param maxTokens the longest example
 */
public record ExampleEncoder(PromptEncoder prompts, TemplateOptions options, int maxTokens) {

    public ExampleEncoder {
        if (maxTokens < 2) {
            throw new IllegalArgumentException("maxTokens must be 2 or more, got " + maxTokens);
        }
    }

    /**
     * The examples of a row, at least one.
     *
     * @throws InvalidRowException if the template refuses the row, or it is longer than {@code maxTokens}
     */
    List<TrainingExample> encode(DatasetRow row) {
        return switch (row) {
            case Conversation conversation -> conversation(conversation);
            case Document document -> document(document);
        };
    }

    private List<TrainingExample> conversation(Conversation row) {
        List<ChatMessage> messages = row.messages();
        TemplateOptions withTools = row.tools() == null ? options : options.withTools(row.tools());
        Deque<LearnedAnswer> answers = new ArrayDeque<>();
        // From the last one, which is the longest and tells at once whether the row is too long.
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (row.turns().get(i).learned()) {
                LearnedAnswer answer = LearnedAnswer.of(
                        AnswerRendering.of(prompts.template(), messages.subList(0, i + 1), withTools), prompts);
                requireFit(answer.tokens().length);
                answers.addFirst(answer);
            }
        }
        return grouped(new ArrayList<>(answers));
    }

    private static List<TrainingExample> grouped(List<LearnedAnswer> answers) {
        Deque<TrainingExample> examples = new ArrayDeque<>();
        List<LearnedAnswer> open = new ArrayList<>(answers);
        while (!open.isEmpty()) {
            LearnedAnswer last = open.getLast();
            List<LearnedAnswer> shared =
                    open.stream().filter(answer -> answer.isPrefixOf(last)).toList();
            open.removeAll(shared);
            examples.addFirst(LearnedAnswer.example(shared));
        }
        return List.copyOf(examples);
    }

    private void requireFit(int tokens) {
        if (tokens > maxTokens) {
            throw new InvalidRowException("it has %d tokens, more than the %d of an example; shorten it, or allow more"
                    .formatted(tokens, maxTokens));
        }
    }

    /**
     * A text with its end. A longer one than an example is cut into several; each goes on with the last token of the one
     * before it, or with the beginning-of-sequence token where the model wants one, so that each token is learned once.
     */
    private List<TrainingExample> document(Document row) {
        int[] text = prompts.encodeText(row.text());
        int[] tokens = Arrays.copyOf(text, text.length + 1);
        tokens[text.length] = LearnedAnswer.endOfSequence(prompts.tokenizer().endTokens());
        List<TrainingExample> examples = new ArrayList<>();
        for (int from = 0; from + 1 < tokens.length; from += maxTokens - 1) {
            int[] part = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + maxTokens));
            if (prompts.tokenizer().addsBos()) {
                part[0] = prompts.tokenizer().bosToken();
            }
            BitSet learned = new BitSet();
            learned.set(1, part.length);
            examples.add(new TrainingExample(part, learned));
        }
        return examples;
    }
}
