package dev.caravan.engine.format.e5;

import dev.caravan.engine.tokenizer.TextNormalizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The part of an {@link E5File} between its sizes and its directory of tensors: where it lies, and how to read it.
 *
 * @param position where it begins in the file
 */
record E5VocabularySection(long position, int vocabularyRows) {

    private static final long MAX_BLOB_BYTES = 1L << 28;
    private static final int MAX_PIECE_BYTES = 4096;
    private static final int MAX_REPLACEMENT_BYTES = 1 << 24;

    /** Finds the section at the cursor and moves the cursor behind it. */
    static E5VocabularySection locate(E5Cursor cursor, int vocabularyRows) {
        E5VocabularySection section = new E5VocabularySection(cursor.position(), vocabularyRows);
        Sizes sizes = section.readSizes(cursor);
        cursor.bytes(sizes.pieceBytes());
        section.readReplacementCount(cursor);
        cursor.bytes(cursor.count("bytes of replacements", 0, MAX_REPLACEMENT_BYTES));
        return section;
    }

    private record Sizes(int pieces, int bos, int eos, int pad, int unk, long blobBytes) {
        long pieceBytes() {
            return (pieces + 1L) * Integer.BYTES + (long) pieces * Float.BYTES + blobBytes;
        }
    }

    private Sizes readSizes(E5Cursor cursor) {
        int pieces = cursor.count("pieces of the vocabulary", 1, vocabularyRows);
        return new Sizes(
                pieces,
                cursor.count("bos token", 0, pieces - 1),
                cursor.count("eos token", 0, pieces - 1),
                cursor.count("pad token", 0, pieces - 1),
                cursor.count("unk token", 0, pieces - 1),
                cursor.count("bytes of pieces", 0, MAX_BLOB_BYTES));
    }

    private int readReplacementCount(E5Cursor cursor) {
        return cursor.count("replaced characters", 0, Character.MAX_CODE_POINT + 1);
    }

    /** Reads the section with a cursor at {@link #position}. */
    E5Vocabulary read(E5Cursor cursor) {
        Sizes sizes = readSizes(cursor);
        MemorySegment offsets = cursor.bytes((sizes.pieces() + 1L) * Integer.BYTES);
        float[] scores = cursor.bytes((long) sizes.pieces() * Float.BYTES).toArray(E5Cursor.FLOAT);
        byte[][] pieces = readPieces(cursor, offsets, cursor.bytes(sizes.blobBytes()), sizes.pieces());
        TextNormalizer normalizer = readReplacements(cursor);
        return new E5Vocabulary(pieces, scores, sizes.bos(), sizes.eos(), sizes.pad(), sizes.unk(), normalizer);
    }

    private static byte[][] readPieces(E5Cursor cursor, MemorySegment offsets, MemorySegment blob, int count) {
        byte[][] pieces = new byte[count][];
        int start = offsets.get(E5Cursor.INT, 0);
        for (int id = 0; id < count; id++) {
            int end = offsets.get(E5Cursor.INT, (id + 1L) * Integer.BYTES);
            if (start < 0 || end < start || end > blob.byteSize() || end - start > MAX_PIECE_BYTES) {
                throw cursor.broken("has piece %d at bytes %d to %d of %d".formatted(id, start, end, blob.byteSize()));
            }
            pieces[id] = blob.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE);
            start = end;
        }
        return pieces;
    }

    private TextNormalizer readReplacements(E5Cursor cursor) {
        int count = readReplacementCount(cursor);
        int bytes = cursor.count("bytes of replacements", 0, MAX_REPLACEMENT_BYTES);
        long end = cursor.position() + bytes;
        int leastBytes = Integer.BYTES + 1;
        if ((long) count * leastBytes > bytes) {
            throw cursor.broken("has %d replaced characters in %d bytes".formatted(count, bytes));
        }
        int[] codePoints = new int[count];
        int[] ends = new int[count];
        int[] replacements = new int[(bytes - count * leastBytes) / Integer.BYTES];
        int total = 0;
        int least = 0;
        for (int i = 0; i < count; i++) {
            codePoints[i] = cursor.count("replaced character", least, Character.MAX_CODE_POINT);
            least = codePoints[i] + 1;
            int length = cursor.unsignedByte();
            if (length > replacements.length - total) {
                throw cursor.broken("has replacements that are longer than their section");
            }
            for (int k = 0; k < length; k++) {
                replacements[total++] = cursor.count("replacement character", 0, Character.MAX_CODE_POINT);
            }
            ends[i] = total;
        }
        if (cursor.position() != end) {
            throw cursor.broken(
                    "has replacements of %d bytes less than their section".formatted(end - cursor.position()));
        }
        return new CharacterMap(codePoints, ends, replacements);
    }
}
