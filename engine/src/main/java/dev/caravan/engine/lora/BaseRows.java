package dev.caravan.engine.lora;

import dev.caravan.engine.format.RowOrder;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.layer.RotaryEmbedding.Pairs;
import dev.caravan.engine.model.Decoder;

/**
 * The order of B's rows: in memory that of the base's rows, in a file that of the file's format. They differ for q and k
 * where one of the two keeps rotary pairs as neighbours, which is GGUF's way for llama.
 *
 * @param headDim rows of a head
 * @param baseIsAdjacent whether the base keeps rotary pairs as neighbours
 */
record BaseRows(int headDim, boolean baseIsAdjacent) {

    static BaseRows of(Decoder base) {
        Pairs pairs = base.rotaryEmbeddings().getFirst().pairs();
        return new BaseRows(base.config().headDim(), pairs == Pairs.ADJACENT);
    }

    /**
     * B as a file has it.
     *
     * @param adjacent whether the file keeps rotary pairs as neighbours
     * @param b {@code [outputs, r]}
     * @return the array itself where the order is the same
     */
    float[] toFile(Projection projection, boolean adjacent, float[] b, int r) {
        return reordered(projection, b, r, baseIsAdjacent, adjacent);
    }

    /** B as it is kept in memory; see {@link #toFile}. */
    float[] fromFile(Projection projection, boolean adjacent, float[] b, int r) {
        return reordered(projection, b, r, adjacent, baseIsAdjacent);
    }

    private float[] reordered(Projection projection, float[] b, int r, boolean from, boolean to) {
        boolean isRotated = projection == Projection.Q_PROJ || projection == Projection.K_PROJ;
        if (!isRotated || from == to) {
            return b;
        }
        RowOrder order = new RowOrder(headDim, to);
        float[] reordered = new float[b.length];
        for (int row = 0; row < b.length / r; row++) {
            System.arraycopy(b, (int) order.sourceRow(row) * r, reordered, row * r, r);
        }
        return reordered;
    }
}
