package io.millrace.api.document;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows the OpenAPI document to anybody. */
@RestController
final class DocumentController {

  private final byte[] document;

  DocumentController(byte[] document) {
    this.document = document;
  }

  @GetMapping("/openapi.json")
  void document(HttpServletResponse response) throws IOException {
    response.setContentType("application/json");
    response.setContentLength(document.length);
    response.getOutputStream().write(document);
  }
}
