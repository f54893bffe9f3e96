package dev.caravan.server.page;

import java.time.Duration;
import java.util.List;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Serves the page that the build packed under {@code static/}. Files under {@code assets/} carry a hash in their name and
 * may be kept for ever; {@code index.html} is asked for again each time, so that an update shows at once.
 */
@Configuration(proxyBeanMethods = false)
class PageConfiguration implements WebMvcConfigurer {

    private static final String STATIC = "classpath:/static/";
    private static final Duration A_YEAR = Duration.ofDays(365);
    private static final List<String> PAGE_ROUTES =
            List.of("/", "/c", "/c/{id}", "/documents", "/documents/{id}", "/settings");

    @Override
    public void addResourceHandlers(ResourceHandlerRegistry registry) {
        registry.addResourceHandler("/assets/**")
                .addResourceLocations(STATIC + "assets/")
                .setCacheControl(CacheControl.maxAge(A_YEAR).cachePublic().immutable());
        registry.addResourceHandler("/*").addResourceLocations(STATIC).setCacheControl(CacheControl.noCache());
    }

    @Override
    public void addViewControllers(ViewControllerRegistry registry) {
        PAGE_ROUTES.forEach(route -> registry.addViewController(route).setViewName("forward:/index.html"));
    }
}
