@NullMarked
package dev.caravan.knowledge.ingest;

import org.jspecify.annotations.NullMarked;
