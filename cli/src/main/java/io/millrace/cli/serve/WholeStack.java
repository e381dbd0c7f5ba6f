package io.millrace.cli.serve;

import io.millrace.api.ApiConfiguration;
import io.millrace.worker.WorkerConfiguration;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** Api and worker in one context. The store comes first: the api makes one of its own otherwise. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({StoreConfiguration.class, ApiConfiguration.class, WorkerConfiguration.class})
class WholeStack {}
