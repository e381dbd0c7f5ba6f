package io.millrace.api.problem;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.DispatcherType;
import org.apache.catalina.core.StandardHost;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.tomcat.TomcatContextCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.web.filter.RequestContextFilter;

/** Puts the envelope at each place where an error can leave. */
@Configuration(proxyBeanMethods = false)
public class ProblemConfiguration {

  private final RequestMeter meter;
  private final Problems problems;

  ProblemConfiguration(ObjectProvider<MeterRegistry> meters) {
    this.meter = new RequestMeter(meters::getIfAvailable);
    this.problems = new Problems(meter);
  }

  @Bean
  FilterRegistrationBean<EnvelopeFilter> envelopeFilter() {
    var filter = new EnvelopeFilter(problems, meter);
    var registration = new FilterRegistrationBean<>(filter);
    registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
    registration.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ERROR);
    return registration;
  }

  @Bean
  ProblemResolver problemResolver() {
    return new ProblemResolver(problems);
  }

  @Bean
  ProblemController problemController() {
    return new ProblemController(problems);
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> envelopeValve() {
    TomcatContextCustomizer valve =
        context -> {
          if (context.getParent() instanceof StandardHost host) {
            host.setErrorReportValveClass(EnvelopeValve.class.getName());
          }
        };
    return factory -> factory.addContextCustomizers(valve);
  }

  /** Spring's dispatcher binds the request itself; doing so twice is only cost. */
  @Bean
  FilterRegistrationBean<RequestContextFilter> noRequestContextFilter() {
    var registration = new FilterRegistrationBean<>(new RequestContextFilter());
    registration.setEnabled(false);
    return registration;
  }
}
