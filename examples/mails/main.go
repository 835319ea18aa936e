// Command mails writes every mail of the library in every language as files, with an index to look at them in a
// browser, and with -templates those of a host's own folder.
package main

import (
	"flag"
	"fmt"
	"html/template"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/tollkeeper/tollkeeper"
)

func main() {
	folder := flag.String("to", "mails", "the folder to write to; what is there is replaced")
	templates := flag.String("templates", "", "a folder with templates and texts of your own; empty: none")
	flag.Parse()
	config := tollkeeper.Config{Product: "Orchard", BaseURL: "https://orchard.example"}
	if *templates != "" {
		config.Mail.Templates = os.DirFS(*templates)
	}
	if err := write(*folder, config); err != nil {
		log.Fatal(err)
	}
}

// write makes the folder, with two files a mail, and the index.
func write(folder string, c tollkeeper.Config) error {
	mails, err := tollkeeper.SampleMails(c)
	if err != nil {
		return err
	}
	for _, m := range mails {
		name := filepath.Join(folder, m.Language, m.ID)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name+".html", []byte(m.HTML), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(name+".txt", []byte("Subject: "+m.Subject+"\n\n"+string(m.Text)), 0o644); err != nil {
			return err
		}
	}
	f, err := os.Create(filepath.Join(folder, "index.html"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := index.Execute(f, rows(mails)); err != nil {
		return err
	}
	fmt.Printf("%d mails, to be looked at from %s\n", len(mails), f.Name())
	return f.Close()
}

// row is one mail in all its languages.
type row struct {
	ID    string
	Mails []tollkeeper.Message
}

func rows(mails []tollkeeper.Message) (all []row) {
	for _, m := range mails {
		i := slices.IndexFunc(all, func(r row) bool { return r.ID == m.ID })
		if i < 0 {
			i, all = len(all), append(all, row{ID: m.ID})
		}
		all[i].Mails = append(all[i].Mails, m)
	}
	return all
}

var index = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mails</title>
<style>
:root { color-scheme: light dark }
body { margin: 24px; font: 16px/1.5 sans-serif }
h2 { margin: 24px 0 8px; font-size: 16px }
ul { margin: 0; padding: 0; list-style: none }
</style>
</head>
<body>
<h1>Mails</h1>
{{range .}}<h2 id="{{.ID}}">{{.ID}}</h2>
<ul>{{range .Mails}}
<li>{{.Language}} <a href="{{.Language}}/{{.ID}}.html" lang="{{.Language}}"><bdi>{{.Subject}}</bdi></a>, <a href="{{.Language}}/{{.ID}}.txt">text</a></li>{{end}}
</ul>
{{end}}</body>
</html>
`))
