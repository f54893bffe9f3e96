package dev.caravan.engine.train.dataset;

/**
 * The bytes of a row as the file has them.
 *
 * @param line where it begins, from 1
 * @param offset where it begins, in bytes
 * @param length its bytes in the file
 * @param bytes these bytes; cut off where the row is longer than allowed
 */
@SuppressWarnings("ArrayRecordComponent") // made by the scanner, never written
record RawRow(long line, long offset, long length, byte[] bytes) {

    boolean isTooLong() {
        return length > bytes.length;
    }
}
