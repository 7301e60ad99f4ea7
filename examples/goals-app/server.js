const express = require("express");

const app = express();
const goals = [];

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

app.use(express.urlencoded({ extended: false }));
app.use(express.static("public"));

app.get("/", (request, response) => {
  const items = goals.map((goal) => `<li>${escaped(goal)}</li>`).join("");
  response.send(`<!doctype html>
<title>Goals</title>
<link rel="stylesheet" href="style.css">
<h1>My goals</h1>
<form action="/goals" method="post">
  <label>Goal <input name="goal" required></label>
  <button>Add</button>
</form>
<ul>${items}</ul>
`);
});

app.post("/goals", (request, response) => {
  if (request.body.goal) goals.push(request.body.goal);
  response.redirect("/");
});

const server = app.listen(process.env.PORT || 80);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.close(() => process.exit(0)));
