package dev.caravan.engine.train.dataset;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Turn;
import java.util.ArrayList;
import java.util.List;

/**
 * Alpaca's format as LLaMA-Factory reads it: the question is {@code instruction}, a line's end and {@code input};
 * {@code history} is a list of question and answer, whose answers are learned as well.
 */
final class AlpacaRows {

    private AlpacaRows() {}

    static Conversation parse(RowFields row) {
        List<Turn> turns = new ArrayList<>();
        String system = row.text("system", "");
        if (!system.isBlank()) {
            turns.add(new Turn(new ChatMessage("system", system), false));
        }
        if (row.has("history")) {
            for (Object pair : row.list("history")) {
                if (!(pair instanceof List<?> texts)
                        || texts.size() != 2
                        || !(texts.get(0) instanceof String question)
                        || !(texts.get(1) instanceof String answer)) {
                    throw row.wrong("history", "a list of [question, answer]");
                }
                addExchange(turns, question, answer, "history");
            }
        }
        String instruction = row.text("instruction");
        String input = row.text("input", "");
        String question = instruction.isBlank() ? input : input.isBlank() ? instruction : instruction + "\n" + input;
        addExchange(turns, question, row.text("output"), "output");
        return new Conversation(turns, RowTools.definitions(row));
    }

    private static void addExchange(List<Turn> turns, String question, String answer, String key) {
        if (question.isBlank()) {
            throw new InvalidRowException("the question before %s is empty; write an instruction".formatted(key));
        }
        if (answer.isBlank()) {
            throw new InvalidRowException("the answer in %s is empty; write one".formatted(key));
        }
        turns.add(new Turn(new ChatMessage("user", question), false));
        turns.add(new Turn(new ChatMessage("assistant", answer), true));
    }
}
