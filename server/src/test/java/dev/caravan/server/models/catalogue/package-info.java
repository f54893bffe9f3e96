@NullMarked
package dev.caravan.server.models.catalogue;

import org.jspecify.annotations.NullMarked;
