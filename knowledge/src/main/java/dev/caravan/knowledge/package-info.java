/** Documents to searchable segments to grounded, cited answers. Knows LangChain4j and JDBC, never the engine. */
@NullMarked
package dev.caravan.knowledge;

import org.jspecify.annotations.NullMarked;
