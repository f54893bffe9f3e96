package dev.caravan.engine.generate;

import java.util.List;

/**
 * Cuts an answer at the first stop text, wherever token boundaries fall: text that may yet become a stop text is held
 * back until it did or did not. For one answer and one thread.
 */
final class StopTexts {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean isStopped;

    /**
     * Watches for these texts.
     *
     * @param stops none of them empty
     */
    StopTexts(List<String> stops) {
        this.stops = List.copyOf(stops);
    }

    /** Adds text and returns what may be shown now; nothing comes after a stop text. */
    String push(String text) {
        if (isStopped) {
            return "";
        }
        held.append(text);
        int stop = firstStop();
        if (stop >= 0) {
            isStopped = true;
            return take(stop);
        }
        return take(held.length() - possibleStart());
    }

    /** What was held back and did not become a stop text. */
    String finish() {
        return isStopped ? "" : take(held.length());
    }

    boolean isStopped() {
        return isStopped;
    }

    private String take(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    private int firstStop() {
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }

    /** The length of the longest end of the held text with which a stop text begins. */
    private int possibleStart() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (stop.startsWith(held.substring(held.length() - length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
