@NullMarked
package dev.caravan.server.finetuning;

import org.jspecify.annotations.NullMarked;
