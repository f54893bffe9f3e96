/**
 * Uploaded files: bytes in a directory, one row each. Entry: {@link dev.caravan.server.files.FileService}. Who holds
 * something of a file hears of its end by {@link dev.caravan.server.files.FileDeleted}.
 */
@NullMarked
package dev.caravan.server.files;

import org.jspecify.annotations.NullMarked;
