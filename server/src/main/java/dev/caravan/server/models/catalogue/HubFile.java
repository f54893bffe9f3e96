package dev.caravan.server.models.catalogue;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * A file of a hub repository at one commit. Large files have an LFS hash; small ones, such as config.json, are known by
 * the hash that git gives their bytes. What the hub says is not checked here: a listing names files that nobody wants.
 *
 * @param path in the repository
 * @param bytes its size, -1 if the hub does not say
 * @param hash SHA-256 of its bytes, or git's SHA-1 for small files
 * @param address where it is downloaded from
 */
record HubFile(String path, long bytes, String hash, URI address) {

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern GIT_HASH = Pattern.compile("[0-9a-f]{40}");

    boolean hasSha256() {
        return SHA256.matcher(hash).matches();
    }

    /** Whether what is downloaded can be checked. */
    boolean isCheckable() {
        return bytes >= 0 && (hasSha256() || GIT_HASH.matcher(hash).matches());
    }

    /** The last part of the path. */
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
