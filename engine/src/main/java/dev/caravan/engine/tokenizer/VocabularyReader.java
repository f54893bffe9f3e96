package dev.caravan.engine.tokenizer;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.format.json.JsonSink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes {@code model.vocab} and {@code model.merges} of a {@code tokenizer.json} while it is read: half a million strings
 * that never become a tree. The vocabulary is an object of tokens and ids, or for a unigram model a list of pieces and
 * scores, whose place is the id.
 */
final class VocabularyReader {

    private final Path file;
    private final Map<String, Integer> ids = new HashMap<>(1 << 16);
    private @Nullable String[] tokens = new String[1 << 12];
    private double[] scores = new double[0];
    private int size;
    private boolean hasScores;
    private boolean hasIds;
    /** Left and right halves in turn, the best merge first. */
    private final List<String> merges = new ArrayList<>();

    VocabularyReader(Path file) {
        this.file = file;
    }

    Map<String, JsonSink> sinks() {
        return Map.of("model.vocab", this::takeToken, "model.merges", this::takeMerge);
    }

    private void takeToken(@Nullable String key, @Nullable Object value) {
        if (key == null) {
            takePiece(value);
            return;
        }
        if (!(value instanceof Long id) || id < 0 || id >= PieceTable.MAX_TOKENS) {
            throw refused("model.vocab gives '%s' the id %s; ids lie between 0 and %d"
                    .formatted(key, value, PieceTable.MAX_TOKENS - 1));
        }
        hasIds = true;
        put(key, id.intValue());
    }

    private void takePiece(@Nullable Object value) {
        if (!(value instanceof List<?> pair)
                || pair.size() != 2
                || !(pair.get(0) instanceof String piece)
                || !(pair.get(1) instanceof Number score)
                || !Double.isFinite(score.doubleValue())) {
            throw refused("element %d of model.vocab should be a piece and its score; it is %s".formatted(size, value));
        }
        if (size >= PieceTable.MAX_TOKENS) {
            throw refused("model.vocab has more than %d pieces".formatted(PieceTable.MAX_TOKENS));
        }
        hasScores = true;
        if (size >= scores.length) {
            scores = Arrays.copyOf(scores, Math.max(1 << 12, size * 2));
        }
        scores[size] = score.doubleValue();
        put(piece, size);
    }

    private void put(String token, int id) {
        if (id >= tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(id + 1, tokens.length * 2));
        }
        if (tokens[id] != null) {
            throw refused("model.vocab gives the id %d to both '%s' and '%s'; the file is damaged, fetch it again"
                    .formatted(id, tokens[id], token));
        }
        tokens[id] = token;
        size = Math.max(size, id + 1);
        Integer other = ids.put(token, id);
        if (other != null) {
            throw refused("model.vocab gives '%s' the ids %d and %d; the file is damaged, fetch it again"
                    .formatted(token, other, id));
        }
    }

    private void takeMerge(@Nullable String key, @Nullable Object value) {
        int index = merges.size() / 2;
        if (key == null && value instanceof String text) {
            int space = text.indexOf(' ');
            if (space < 0 || text.indexOf(' ', space + 1) >= 0) {
                throw refused("merge %d ('%s') should be two tokens with a space between".formatted(index, text));
            }
            merges.add(text.substring(0, space));
            merges.add(text.substring(space + 1));
        } else if (key == null
                && value instanceof List<?> pair
                && pair.size() == 2
                && pair.get(0) instanceof String left
                && pair.get(1) instanceof String right) {
            merges.add(left);
            merges.add(right);
        } else {
            throw refused("merge %d should be two tokens; it is %s".formatted(index, value));
        }
    }

    /** The id of a token of the model, or -1. */
    int idOf(String token) {
        return ids.getOrDefault(token, -1);
    }

    /** The largest id of the model and one. */
    int size() {
        return size;
    }

    boolean hasIds() {
        return hasIds;
    }

    boolean hasScores() {
        return hasScores;
    }

    /** Log probabilities of a unigram model by id. */
    double[] scores() {
        return Arrays.copyOf(scores, size);
    }

    /** @throws ModelFormatException if an added token and the model disagree */
    void requireConsistent(AddedToken token, JsonObject json) {
        if (token.id() < 0 || token.id() >= PieceTable.MAX_TOKENS) {
            throw json.refused("%s is %d; ids lie between 0 and %d"
                    .formatted(json.place("id"), token.id(), PieceTable.MAX_TOKENS - 1));
        }
        int id = idOf(token.content());
        if (id >= 0 && id != token.id()) {
            throw json.refused("%s gives '%s' the id %d, and model.vocab %d; fetch the file again"
                    .formatted(json.place("id"), token.content(), token.id(), id));
        }
    }

    /** The tokens of the model and the added ones by id, null where there is none. */
    @Nullable
    String[] tokens(List<AddedToken> added) {
        int count = size;
        for (AddedToken token : added) {
            count = Math.max(count, token.id() + 1);
        }
        @Nullable String[] all = Arrays.copyOf(tokens, count);
        for (AddedToken token : added) {
            String other = all[token.id()];
            if (other != null && !other.equals(token.content())) {
                throw refused("the id %d belongs to both '%s' and the added token '%s'; fetch the file again"
                        .formatted(token.id(), other, token.content()));
            }
            all[token.id()] = token.content();
        }
        return all;
    }

    /**
     * The merges by ids.
     *
     * @throws ModelFormatException if a merge does not join two tokens to a third
     */
    MergeTable merges(TokenVocabulary vocabulary) {
        MergeTable table = new MergeTable(merges.size() / 2);
        for (int rank = 0; rank < merges.size() / 2; rank++) {
            String left = merges.get(2 * rank);
            String right = merges.get(2 * rank + 1);
            int leftId = idOf(left);
            int rightId = idOf(right);
            int joined = idOf(left.concat(right));
            if (leftId < 0 || rightId < 0 || joined < 0) {
                throw refused(
                        "merge %d ('%s' and '%s') does not join two tokens of model.vocab to a third; fetch it again"
                                .formatted(rank, left, right));
            }
            if (!vocabulary.isHidden(joined)) {
                table.put(leftId, rightId, rank, joined);
            }
        }
        return table;
    }

    private ModelFormatException refused(String problem) {
        return new ModelFormatException(file, problem);
    }
}
