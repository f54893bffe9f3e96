package dev.caravan.engine.tokenizer;

/**
 * Spells spaces as a visible character, puts one in front, and cuts before each.
 *
 * @param mark the character, U+2581
 */
record MetaspaceStep(char mark, Prepend prepend, boolean splits) implements PreTokenizerStep {

    /** Where a mark is put in front; the names are those of the file. */
    enum Prepend {
        ALWAYS,
        FIRST,
        NEVER
    }

    @Override
    public void split(String text, int start, int end, boolean first, PartSink next) {
        String marked = text.substring(start, end).replace(' ', mark);
        boolean prepends = switch (prepend) {
            case ALWAYS -> true;
            case FIRST -> first;
            case NEVER -> false;
        };
        if (prepends && marked.charAt(0) != mark) {
            marked = mark + marked;
        }
        int from = 0;
        for (int i = 1; splits && i < marked.length(); i++) {
            if (marked.charAt(i) == mark) {
                next.part(marked, from, i, first && from == 0);
                from = i;
            }
        }
        next.part(marked, from, marked.length(), first && from == 0);
    }
}
