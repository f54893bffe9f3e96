/** The page from the class path: its files, its own routes, and how long a browser may keep them. */
@NullMarked
package dev.caravan.server.page;

import org.jspecify.annotations.NullMarked;
