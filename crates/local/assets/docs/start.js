/**
 * Swagger UI fills in what a form may leave out: the text "string", the number 0, an idempotency key that was used
 * before. Here such fields start empty, so that choosing a file is enough.
 */
function leaveOptionalFieldsEmpty(description) {
  const attributes = description.components?.schemas?.TextAttributes?.properties ?? {};
  for (const attribute of Object.values(attributes)) {
    attribute.example = attribute.type === "array" ? [] : "";
  }
  for (const operation of Object.values(description.paths ?? {}).flatMap(Object.values)) {
    const key = operation.parameters?.find(({ name }) => name === "Idempotency-Key");
    if (key) delete key.example;
  }
  return description;
}

const emptyFields = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (description) =>
          update(leaveOptionalFieldsEmpty(JSON.parse(JSON.stringify(description)))),
      },
    },
  },
});

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  plugins: [emptyFields],
});
