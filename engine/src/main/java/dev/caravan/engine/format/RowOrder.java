package dev.caravan.engine.format;

/**
 * The order of a matrix's rows. Rotary pairs are the two halves of a head in transformers and neighbours in GGUF's
 * llama; the rows of q and k are stored accordingly. Source: llama.cpp's {@code conversion/llama.py}, {@code permute}.
 *
 * <pre>
 * transformers, head of D rows:  0 1 2 ... D-1
 * GGUF's llama:                  0 D/2 1 D/2+1 2 D/2+2 ...
 * </pre>
 *
 * @param headRows D; 0 where the order stays
 * @param toAdjacent from transformers' order to GGUF's, else back
 */
public record RowOrder(int headRows, boolean toAdjacent) {

    /** As they are. */
    public static final RowOrder SAME = new RowOrder(0, false);

    public RowOrder {
        if (headRows % 2 != 0) {
            throw new IllegalArgumentException("a head of %d rows has no halves".formatted(headRows));
        }
    }

    /** The source's row that becomes this row of the target. */
    public long sourceRow(long row) {
        if (headRows == 0) {
            return row;
        }
        long head = row - row % headRows;
        int within = (int) (row % headRows);
        int half = headRows / 2;
        return head + (toAdjacent ? within / 2 + (within % 2) * half : (within % half) * 2 + within / half);
    }
}
