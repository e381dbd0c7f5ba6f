package io.millrace.api.document;

import java.io.IOException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;

/** Wires the OpenAPI document. */
@Configuration(proxyBeanMethods = false)
public class DocumentConfiguration {

  @Bean
  DocumentController documentController() throws IOException {
    var file = new ClassPathResource("openapi.json", DocumentController.class);
    return new DocumentController(file.getContentAsByteArray());
  }
}
