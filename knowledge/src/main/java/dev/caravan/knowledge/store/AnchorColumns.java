package dev.caravan.knowledge.store;

import dev.caravan.knowledge.parse.Anchor;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads a document's anchors, which are stored column by column. */
final class AnchorColumns {

    private AnchorColumns() {}

    static List<Anchor> read(ResultSet row) throws SQLException {
        boolean paged = row.getBoolean("paged");
        Integer[] starts = (Integer[]) row.getArray("anchor_starts").getArray();
        Integer[] ends = (Integer[]) row.getArray("anchor_ends").getArray();
        Integer[] numbers = (Integer[]) row.getArray("anchor_numbers").getArray();
        List<Anchor> anchors = new ArrayList<>(starts.length);
        for (int index = 0; index < starts.length; index++) {
            anchors.add(new Anchor(
                    starts[index], ends[index], paged ? numbers[index] : null, paged ? null : numbers[index]));
        }
        return anchors;
    }
}
