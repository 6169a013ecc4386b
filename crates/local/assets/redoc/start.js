const fonts = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
Redoc.init(
  "/openapi.json",
  {
    hideLoading: true,
    theme: {
      typography: { fontFamily: fonts, headings: { fontFamily: fonts } },
    },
  },
  document.getElementById("redoc"),
);
