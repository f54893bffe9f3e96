package dev.caravan.server.models.catalogue;

import java.net.URI;

/**
 * A large file of a hub repository at one commit.
 *
 * @param path in the repository
 * @param bytes its size
 * @param sha256 the hub's LFS hash of its bytes
 * @param address where it is downloaded from
 */
record HubFile(String path, long bytes, String sha256, URI address) {
    HubFile {
        Names.checkSha256(sha256);
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must not be negative: " + bytes);
        }
    }
}
