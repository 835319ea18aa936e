package tollkeeper_test

import (
	"fmt"
	"log"
	"testing/fstest"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// templates replace the text of one mail. A host embeds its own folder instead: go:embed makes an embed.FS of it.
var templates = fstest.MapFS{"sign-in-code.txt": {Data: []byte("Subject: Your code\n\n{{.Product}} says {{.Code}}, for {{.Lifetime}}.\n")}}

// A host writes a mail in its own words; the other mails stay as they are.
func Example_templates() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ann := kit.User()
		if err := kit.Auth.RequestCode(kit.Context(), tollkeeper.MailRequest{Email: ann.Email}); err != nil {
			log.Fatal(err)
		}
		mail := kit.LastMail(ann.Email)
		fmt.Println(mail.Subject)
		fmt.Println(string(mail.Text) == "Orchard says "+kit.LastCode(ann.Email)+", for 5 minutes.\n")
	}, authtest.WithConfig(func(c *tollkeeper.Config) { c.Product, c.Mail.Templates = "Orchard", templates }))
	if err != nil {
		log.Fatal(err)
	}

	broken := fstest.MapFS{"reset.txt": {Data: []byte("Subject: x\n\n{{.Linc}}\n")}}
	err = authtest.Run(func(*authtest.Kit) {}, authtest.WithConfig(func(c *tollkeeper.Config) { c.Mail.Templates = broken }))
	fmt.Println(err != nil) // before any mail is due
	// Output:
	// Your code
	// true
	// true
}
