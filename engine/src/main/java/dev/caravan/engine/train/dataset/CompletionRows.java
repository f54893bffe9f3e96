package dev.caravan.engine.train.dataset;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.train.dataset.DatasetRow.Conversation;
import dev.caravan.engine.train.dataset.DatasetRow.Turn;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code {"prompt": ..., "completion": ...}}: two texts, which become a question and its answer, or two lists of messages.
 * The completion is learned, the prompt never, not even the assistant's messages in it.
 */
final class CompletionRows {

    private CompletionRows() {}

    static Conversation parse(RowFields row) {
        List<Turn> turns = new ArrayList<>();
        if (row.value("prompt") instanceof List) {
            for (Turn turn : ChatRows.turns(row, "prompt")) {
                turns.add(new Turn(turn.message(), false));
            }
        } else {
            turns.add(new Turn(new ChatMessage("user", row.filledText("prompt")), false));
        }
        if (row.value("completion") instanceof List) {
            turns.addAll(ChatRows.turns(row, "completion"));
        } else {
            turns.add(new Turn(new ChatMessage("assistant", row.filledText("completion")), true));
        }
        return new Conversation(turns, RowTools.definitions(row));
    }
}
