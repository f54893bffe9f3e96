package dev.caravan.engine.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The special tokens that stand around a text, or around a pair of texts ({@code <s> question </s></s> document </s>}):
 * encoders and rerankers want them, chat templates write their own. Immutable and thread-safe.
 *
 * @param single how one text is framed
 * @param pair how two texts are framed
 */
public record PostProcessor(List<Part> single, List<Part> pair) {

    /** A part of a frame. */
    public sealed interface Part {
        /** Which segment the part belongs to: 0, or 1 (BERT's {@code token_type_ids}). */
        int typeId();
    }

    /** Special tokens. */
    public record Special(List<Integer> ids, int typeId) implements Part {
        public Special {
            ids = List.copyOf(ids);
        }
    }

    /** The first or the second text. */
    public record Text(boolean isSecond, int typeId) implements Part {}

    /**
     * Ids with their segments, both {@code [tokens]}.
     *
     * @param typeIds BERT's {@code token_type_ids}
     */
    @SuppressWarnings("ArrayRecordComponent") // made for one caller, who owns it
    public record Framed(int[] ids, int[] typeIds) {}

    /** Nothing stands around a text. */
    public static final PostProcessor NONE =
            new PostProcessor(List.of(new Text(false, 0)), List.of(new Text(false, 0), new Text(true, 1)));

    public PostProcessor {
        single = List.copyOf(single);
        pair = List.copyOf(pair);
    }

    /** The same tokens around each text; the second of a pair is segment 1. */
    public static PostProcessor around(List<Integer> prefix, List<Integer> suffix) {
        List<Part> first = around(prefix, false, suffix);
        List<Part> both = new ArrayList<>(first);
        both.addAll(around(prefix, true, suffix));
        return new PostProcessor(first, both);
    }

    private static List<Part> around(List<Integer> prefix, boolean isSecond, List<Integer> suffix) {
        int typeId = isSecond ? 1 : 0;
        return List.of(new Special(prefix, typeId), new Text(isSecond, typeId), new Special(suffix, typeId));
    }

    /** A text in its frame. */
    public Framed frame(int[] text) {
        return frame(single, text, new int[0]);
    }

    /** Two texts in their frame: a question and a document. */
    public Framed frame(int[] first, int[] second) {
        return frame(pair, first, second);
    }

    /** The number of special tokens around one text. */
    public int addedToSingle() {
        return frame(new int[0]).ids().length;
    }

    /** The number of special tokens around two texts. */
    public int addedToPair() {
        return frame(new int[0], new int[0]).ids().length;
    }

    /** The special tokens in front of a single text. */
    public List<Integer> prefix() {
        return single.getFirst() instanceof Special special ? special.ids() : List.of();
    }

    /** The special tokens behind a single text. */
    public List<Integer> suffix() {
        return single.getLast() instanceof Special special ? special.ids() : List.of();
    }

    private static Framed frame(List<Part> parts, int[] first, int[] second) {
        int length = 0;
        for (Part part : parts) {
            length += ids(part, first, second).length;
        }
        int[] ids = new int[length];
        int[] typeIds = new int[length];
        int position = 0;
        for (Part part : parts) {
            int[] added = ids(part, first, second);
            System.arraycopy(added, 0, ids, position, added.length);
            Arrays.fill(typeIds, position, position + added.length, part.typeId());
            position += added.length;
        }
        return new Framed(ids, typeIds);
    }

    private static int[] ids(Part part, int[] first, int[] second) {
        return switch (part) {
            case Special special ->
                special.ids().stream().mapToInt(Integer::intValue).toArray();
            case Text text -> text.isSecond() ? second : first;
        };
    }
}
