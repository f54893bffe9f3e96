package dev.caravan.knowledge.store;

import dev.caravan.knowledge.parse.Anchor;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Reads parts of stored documents, to show a passage in its place. Thread-safe. */
public final class DocumentTexts {

    private final Transactions transactions;

    public DocumentTexts(DataSource dataSource) {
        transactions = new Transactions(dataSource);
    }

    /**
     * The text around a span. A span that leaves the text is cut to it.
     *
     * @param start first UTF-16 code unit of the span
     * @param end end of the span, exclusive
     * @param contextCharacters how much to add before and after
     * @return empty if the document is no longer stored
     */
    public Optional<TextWindow> window(String documentHash, int start, int end, int contextCharacters) {
        if (start < 0 || end < start || contextCharacters < 0) {
            throw new IllegalArgumentException(
                    "span " + start + ".." + end + " with context " + contextCharacters + " is not a span");
        }
        Optional<StoredText> stored = transactions.run(connection -> Sql.query(
                        connection,
                        "document-text",
                        row -> new StoredText(
                                row.getString("content"), AnchorColumns.read(row), row.getString("filename")),
                        documentHash)
                .stream()
                .findFirst());
        return stored.map(text -> text.window(start, end, contextCharacters));
    }

    /** The page or paragraph at a place of a document. */
    public Optional<Anchor> anchorAt(String documentHash, int position) {
        List<List<Anchor>> found = transactions.run(
                connection -> Sql.query(connection, "document-anchors", AnchorColumns::read, documentHash));
        return found.stream()
                .flatMap(List::stream)
                .filter(anchor -> anchor.start() <= position && position < anchor.end())
                .findFirst();
    }

    private record StoredText(
            String text, List<Anchor> anchors, @Nullable String filename) {

        TextWindow window(int start, int end, int context) {
            int from = boundary(Math.max(0, Math.min(start, text.length()) - context));
            int to = boundary((int) Math.min(text.length(), (long) Math.min(end, text.length()) + context));
            List<Anchor> touched = anchors.stream()
                    .filter(anchor -> anchor.start() < to && anchor.end() > from)
                    .toList();
            return new TextWindow(
                    text.substring(from, to), from, text.length(), touched, filename == null ? "" : filename);
        }

        /** A window never begins or ends inside a surrogate pair. */
        private int boundary(int position) {
            boolean insidePair = position > 0
                    && position < text.length()
                    && Character.isLowSurrogate(text.charAt(position))
                    && Character.isHighSurrogate(text.charAt(position - 1));
            return insidePair ? position - 1 : position;
        }
    }
}
