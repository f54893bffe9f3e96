package dev.caravan.engine.train.dataset;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Turn;
import java.util.ArrayList;
import java.util.List;

/**
 * ShareGPT's format as LLaMA-Factory reads it: {@code human} or {@code observation}, and {@code gpt} or
 * {@code function_call}, take turns and end with the latter two, all of which are learned. {@code system} stands in the row
 * or first in the list.
 */
final class ShareGptRows {
    private static final String KEY = "conversations";
    private static final String VALUE = "value";

    private ShareGptRows() {}

    static Conversation parse(RowFields row) {
        List<RowFields> list = row.objects(KEY);
        List<Turn> turns = new ArrayList<>();
        String system = row.text("system", "");
        if (!list.isEmpty() && from(list.getFirst()).equals("system")) {
            system = list.getFirst().text(VALUE);
            list = list.subList(1, list.size());
        }
        if (!system.isBlank()) {
            turns.add(new Turn(new ChatMessage("system", system), false));
        }
        for (int i = 0; i < list.size(); i++) {
            turns.add(turn(list.get(i), i % 2 == 1));
        }
        if (list.size() % 2 == 1) {
            throw new InvalidRowException("%s ends with a question; add the answer, or remove the question"
                    .formatted(list.getLast().place()));
        }
        return new Conversation(turns, RowTools.definitions(row));
    }

    private static Turn turn(RowFields turn, boolean answers) {
        String from = from(turn);
        boolean isAnswer = from.equals("gpt") || from.equals("function_call");
        if (isAnswer != answers) {
            throw new InvalidRowException("%s is '%s' where %s should stand; questions and answers take turns"
                    .formatted(turn.name("from"), from, answers ? "gpt or function_call" : "human or observation"));
        }
        return switch (from) {
            case "human" -> new Turn(new ChatMessage("user", turn.filledText(VALUE)), false);
            case "observation" -> new Turn(ChatMessage.ofToolResult(null, null, turn.text(VALUE)), false);
            case "gpt" -> new Turn(new ChatMessage("assistant", turn.filledText(VALUE)), true);
            default -> new Turn(ChatMessage.ofToolCalls("", RowTools.calls(turn, VALUE)), true);
        };
    }

    private static String from(RowFields turn) {
        String from = turn.text("from");
        return switch (from) {
            case "human", "user" -> "human";
            case "gpt", "assistant" -> "gpt";
            case "system", "observation", "function_call" -> from;
            default ->
                throw new InvalidRowException(
                        "%s is '%s'; it should be human, gpt, system, observation or function_call"
                                .formatted(turn.name("from"), RowFields.shown(from)));
        };
    }
}
