package dev.caravan.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Writes a sound e5 file with one small layer of random weights, or one with a single fault. */
final class TinyE5 {

    static final int HIDDEN = 32;
    static final int POSITIONS = 16;
    private static final int HEADS = 2;
    private static final int INTERMEDIATE = 64;
    private static final int VOCABULARY = 12;
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 18;

    int version = 1;
    int hidden = HIDDEN;
    int heads = HEADS;
    int blockValues = BLOCK;
    int positions = POSITIONS;
    int unk = 3;
    float epsilon = 1e-12f;
    float firstScore = -1;
    int secondPieceEnd = 8;
    int replacementBytesBeyond = 0;
    int replacedCharacters = 3;
    int secondReplaced = 'B';
    final List<String> pieces =
            new ArrayList<>(List.of("<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "▁a", "가", "<mask>"));
    final List<Entry> entries = new ArrayList<>();

    /** One tensor of the directory; the fields may lie. */
    static final class Entry {
        final String name;
        int type;
        int values;
        long offset = -1;
        long bytes;
        final byte[] data;

        Entry(String name, int type, int values, byte[] data) {
            this.name = name;
            this.type = type;
            this.values = values;
            this.bytes = data.length;
            this.data = data;
        }
    }

    TinyE5() {
        Random random = new Random(7);
        matrix("emb.word", VOCABULARY * HIDDEN, random);
        vector("emb.pos", POSITIONS * HIDDEN, random);
        vector("emb.type", HIDDEN, random);
        norm("emb.ln", random);
        for (String name : List.of("q", "k", "v", "ao")) {
            dense("l0." + name, HIDDEN, HIDDEN, random);
        }
        dense("l0.fi", INTERMEDIATE, HIDDEN, random);
        dense("l0.fo", HIDDEN, INTERMEDIATE, random);
        norm("l0.aln", random);
        norm("l0.oln", random);
    }

    Entry entry(String name) {
        return entries.stream().filter(e -> e.name.equals(name)).findFirst().orElseThrow();
    }

    private void dense(String name, int outputs, int inputs, Random random) {
        matrix(name + ".w", outputs * inputs, random);
        vector(name + ".b", outputs, random);
    }

    private void norm(String name, Random random) {
        vector(name + ".w", HIDDEN, random);
        vector(name + ".b", HIDDEN, random);
    }

    private void vector(String name, int values, Random random) {
        ByteBuffer data = ByteBuffer.allocate(values * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values; i++) {
            data.putFloat(random.nextFloat() - 0.5f);
        }
        entries.add(new Entry(name, 0, values, data.array()));
    }

    private void matrix(String name, int values, Random random) {
        byte[] data = new byte[values / BLOCK * BLOCK_BYTES];
        random.nextBytes(data);
        for (int block = 0; block < data.length; block += BLOCK_BYTES) {
            ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putShort(block, Float.floatToFloat16(0.05f));
        }
        entries.add(new Entry(name, 1, values, data));
    }

    Path write(Path file) {
        try {
            return Files.write(file, bytes());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    byte[] bytes() {
        ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        out.put("E5S1".getBytes(StandardCharsets.US_ASCII)).putInt(version);
        for (int size : new int[] {hidden, 1, heads, INTERMEDIATE, VOCABULARY, positions, 1}) {
            out.putInt(size);
        }
        out.putFloat(epsilon).putInt(blockValues);
        putVocabulary(out);
        putReplacements(out);
        putTensors(out);
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    private void putVocabulary(ByteBuffer out) {
        byte[] blob = String.join("", pieces).getBytes(StandardCharsets.UTF_8);
        out.putInt(pieces.size()).putInt(0).putInt(2).putInt(1).putInt(unk).putLong(blob.length);
        int end = 0;
        out.putInt(0);
        for (int id = 0; id < pieces.size(); id++) {
            end += pieces.get(id).getBytes(StandardCharsets.UTF_8).length;
            out.putInt(id == 1 ? secondPieceEnd : end);
        }
        for (int id = 0; id < pieces.size(); id++) {
            out.putFloat(id == 0 ? firstScore : -id);
        }
        out.put(blob);
    }

    private void putReplacements(ByteBuffer out) {
        out.putInt(replacedCharacters).putInt(2 * 9 + 5 + replacementBytesBeyond);
        out.putInt('A').put((byte) 1).putInt('a');
        out.putInt(secondReplaced).put((byte) 1).putInt('b');
        out.putInt(0xFEFF).put((byte) 0);
    }

    private void putTensors(ByteBuffer out) {
        out.putInt(entries.size());
        long offset = out.position();
        for (Entry entry : entries) {
            offset += Short.BYTES + entry.name.length() + 1 + Integer.BYTES + 2L * Long.BYTES;
        }
        for (Entry entry : entries) {
            out.putShort((short) entry.name.length()).put(entry.name.getBytes(StandardCharsets.US_ASCII));
            out.put((byte) entry.type).putInt(entry.values);
            out.putLong(entry.offset < 0 ? offset : entry.offset).putLong(entry.bytes);
            offset += entry.data.length;
        }
        entries.forEach(entry -> out.put(entry.data));
    }
}
